using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Xunit;
using static Monolith.Testing.ProjectionScenario;

namespace Monolith.Accounts.Tests.ReadModels;

public class TransferSummariesTests
{
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly TransferTerms Terms = new(Guid.CreateVersion7(), Guid.CreateVersion7(), 5m, Currency.Parse("EUR"), "rent");
    private static readonly TransferRequested Requested = new(Terms, 3, 1, Start.AddMinutes(1));

    private static readonly TransferSummary New = new(
        Id, 1, TenantId, 1, TransferStatus.Requested, Terms.From, Terms.To, 5m, "EUR", "rent", Reason: null, Start, EndedAt: null);

    [Fact]
    public void A_requested_transfer_is_shown() => View(New, Requested);

    [Fact]
    public void A_transfer_on_its_way_shows_how_far_it_is()
    {
        View(New with { Version = 2, Status = TransferStatus.Debited }, Requested, new TransferDebited(4));
        View(New with { Version = 3, Status = TransferStatus.Credited }, Requested, new TransferDebited(4), new TransferCredited());
    }

    [Fact]
    public void A_completed_transfer_shows_when_it_ended() => View(
        New with { Version = 4, Status = TransferStatus.Completed, EndedAt = Start.AddSeconds(3) },
        Requested, new TransferDebited(4), new TransferCredited(), new TransferCompleted());

    [Fact]
    public void A_refused_transfer_shows_why() => View(
        New with { Version = 2, Status = TransferStatus.Refused, Reason = "insufficient_funds", EndedAt = Start.AddSeconds(1) },
        Requested, new TransferRefused("insufficient_funds"));

    [Fact]
    public void A_compensated_transfer_shows_why()
    {
        View(New with { Version = 3, Status = TransferStatus.Returning, Reason = "account_closed" }, Requested, new TransferDebited(4), new TransferCreditDeclined("account_closed"));
        View(
            New with { Version = 4, Status = TransferStatus.Compensated, Reason = "account_closed", EndedAt = Start.AddSeconds(3) },
            Requested, new TransferDebited(4), new TransferCreditDeclined("account_closed"), new TransferCompensated());
    }

    private static void View(TransferSummary expected, params object[] events) =>
        GivenEvents<Transfer>(Id, events).ProjectedBy(new TransferSummaries()).ThenView(Id, expected);
}
