#!/usr/bin/env bash
# Sums the reports (TRX) that a test run left in a folder, one for each project in tests/, and ends with the line "N passed, N failed", to which
# ", N skipped" is added where some were. A project without a report did not get to its end and counts as one failure. The tests that failed are named
# right before it, with the beginning of what each said.
# Exit code 0 only if tests ran and none failed.
set -euo pipefail
reports=${1:?usage: build/count-tests.sh <folder with the reports>}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# count <report> <counter>...: the sum of these counters in the report
count() {
  local counters name sum=0
  counters=$(grep -oE '<Counters [^>]*>' "$1")
  for name in "${@:2}"; do
    [[ $counters =~ [[:space:]]"$name"=\"([0-9]+)\" ]] && sum=$((sum + BASH_REMATCH[1]))
  done
  printf '%s' "$sum"
}

# failures <report>: the names of the failed tests in the report, each with the first lines of its message and of its stack
failures() {
  awk '
    # Whatever a report says stands between two tags, most of it in one line.
    BEGIN { RS = "<" }
    function plain(text) {
      gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&#xD;/, "", text); gsub(/&#xA;/, "\n", text); gsub(/&amp;/, "\\&", text)
      return text
    }
    /^UnitTestResult / {
      failed = /outcome="Failed"/
      if (failed) {
        match($0, /testName="[^"]*"/)
        print "failed: " plain(substr($0, RSTART + 10, RLENGTH - 11))
      }
    }
    failed && /^(Message|StackTrace)>/ {
      count = split(plain(substr($0, index($0, ">") + 1)), lines, "\n")
      for (i = 1; i <= count && i <= 4; i++) { sub(/^[ \t]+/, "", lines[i]); print "    " lines[i] }
    }
  ' "$1"
}

passed=0 failed=0 skipped=0 failures=
for project in tests/*/*.csproj; do
  name=$(basename "$project" .csproj)
  report=$reports/$name.trx
  if [[ ! -f $report ]] || ! grep -q '<Counters ' "$report"; then
    printf '%-40s no report\n' "$name"
    failed=$((failed + 1))
    continue
  fi

  p=$(count "$report" passed) f=$(count "$report" failed error timeout aborted) s=$(count "$report" notExecuted)
  ((f == 0)) || failures+=$(failures "$report")$'\n'
  printf '%-40s %5d passed %5d failed %5d skipped\n' "$name" "$p" "$f" "$s"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

printf '%s' "$failures"
line="$passed passed, $failed failed"
((skipped == 0)) || line+=", $skipped skipped"
printf '%s\n' "$line"
((failed == 0 && passed > 0))
