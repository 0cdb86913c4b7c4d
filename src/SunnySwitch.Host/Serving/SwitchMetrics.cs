using SunnySwitch.Admin;
using SunnySwitch.Cell;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Links;

namespace SunnySwitch.Host.Serving;

/// <summary>Which of the switch's counts are on the metrics page, and what they are called there.</summary>
internal static class SwitchMetrics
{
    public static MetricsPage Page(
        IReadOnlyList<Link> links, CellCounters cell, LinkListener listener, ConnectionTable connections,
        RingBuffer<Input> ring, Journal.Journal journal, SwitchState state)
    {
        var page = new MetricsPage();
        AddCell(page, links, cell);
        AddLinks(page, links, listener.Counters, connections);
        page.Gauge(
            "sunny_table_entries", "Entries in use, by table; a full one is 96 and an alarm.", ["table"],
            () => state.Fills.Select(each => new Measured([each.Table], each.Used)));
        page.Gauge(
            "sunny_table_entries_max", "Entries that a table has room for.", ["table"],
            () => state.Fills.Select(each => new Measured([each.Table], each.Max)));
        page.Gauge("sunny_ring_free_slots", "Ring slots that are free.", () => ring.RemainingCapacity);
        page.Gauge("sunny_ring_slots", "Ring slots in all.", () => ring.Size);
        page.Gauge("sunny_journal_sequence", "Newest durable frame.", () => journal.DurableSequence);
        page.Gauge(
            "sunny_journal_segment_ahead",
            "1 while there is prewritten space for the next segment; 0: disk full, new requests get 96.",
            () => journal.HasSegmentAhead ? 1 : 0);
        page.Counter(
            "sunny_allocated_bytes_total", "Bytes allocated by the process; does not grow with transactions.",
            () => GC.GetTotalAllocatedBytes());
        page.Counter("sunny_collections_total", "Garbage collections.", () => GC.CollectionCount(0));
        page.Gauge("sunny_resident_bytes", "Resident memory of the process.", () => Environment.WorkingSet);
        return page;
    }

    private static void AddCell(MetricsPage page, IReadOnlyList<Link> links, CellCounters cell)
    {
        page.Counter(
            "sunny_answers_total", "Answers by link, MTI and response code (DE39).", ["link", "mti", "code"],
            () => cell.Answers().Select(each => new Measured(
                [links[each.Link].Name, each.Mti.ToString("X4"), each.Code.ToString()], each.Count)));
        page.Durations(
            "sunny_latency_seconds",
            "Durations by stage: ring (read to decided), commit (batch decided to durable), "
                + "total (read to reply handed over).",
            ("ring", cell.RingWait), ("commit", cell.Commit), ("total", cell.Total));
        page.Counter("sunny_batches_total", "Batches taken from the ring.", () => Volatile.Read(ref cell.Batches));
        page.Counter("sunny_inputs_total", "Inputs taken from the ring.", () => Volatile.Read(ref cell.Inputs));
        page.Counter("sunny_late_total", "Inputs discarded undecided because their deadline had passed.", () => Volatile.Read(ref cell.Late));
        page.Counter("sunny_repeats_total", "Repeats answered from memory.", () => Volatile.Read(ref cell.Repeats));
        page.Counter(
            "sunny_silent_total", "Messages that get no answer: responses and notifications.",
            () => Volatile.Read(ref cell.Silent));
        page.Counter(
            "sunny_same_key_other_body_total", "Alarm: same duplicate key with another body, answered 94.",
            () => Volatile.Read(ref cell.SameKeyOtherBody));
        page.Counter(
            "sunny_turned_away_total", "Alarm: attempts that limits on attempts, declines or different cards turned away.",
            () => Volatile.Read(ref cell.TurnedAway));
        page.Counter(
            "sunny_table_full_total", "Alarm: refused with 96 because a table is at its limit.",
            () => Volatile.Read(ref cell.TableFull));
        page.Counter(
            "sunny_journal_full_total", "Alarm: refused with 96 because no journal segment could be prepared.",
            () => Volatile.Read(ref cell.JournalFull));
        page.Counter("sunny_mac_wrong_total", "Alarm: messages whose MAC was wrong or missing.", () => Volatile.Read(ref cell.MacWrong));
        page.Counter("sunny_hsm_waits_total", "Requests that waited for the HSM.", () => Volatile.Read(ref cell.Parked));
        page.Counter("sunny_hsm_late_total", "Answers of the HSM that nobody waited for any more.", () => Volatile.Read(ref cell.DeskLate));
        page.Counter("sunny_hsm_full_total", "Alarm: requests that the HSM had no room for.", () => Volatile.Read(ref cell.DeskFull));
        page.Counter("sunny_hsm_failed_total", "Alarm: requests that the HSM failed at, or was late with.", () => Volatile.Read(ref cell.DeskFailed));
        page.Counter("sunny_undeliverable_total", "Replies whose connection was gone.", () => Volatile.Read(ref cell.Undeliverable));
    }

    /// <summary>What the HSM says, by result.</summary>
    public static void AddSecurity(MetricsPage page, Security security)
    {
        page.Counter(
            "sunny_hsm_results_total", "What the HSM said of PINs, codes, cryptograms and MACs.", ["result"],
            () => security.Results.Where(each => each.Count > 0).Select(each => new Measured([each.Result.ToString()], each.Count)));
        if (security.Tokens.Count == 0) return;
        page.Gauge(
            "sunny_hsm_fit", "Alarm: 0 while a module is not asked, because it failed three times in a row.", ["token"],
            () => security.Tokens.Select(token => new Measured([token.Name], token.IsFit ? 1 : 0)));
        page.Counter(
            "sunny_hsm_failures_total", "Requests and probes that a module failed at, or was late with.", ["token"],
            () => security.Tokens.Select(token => new Measured([token.Name], token.Failures)));
    }

    private static void AddLinks(MetricsPage page, IReadOnlyList<Link> links, LinkCounters counters, ConnectionTable connections)
    {
        Func<IEnumerable<Measured>> ByLink(Func<int, double> read) =>
            () => links.Select(link => new Measured([link.Name], read(link.Index)));

        page.Gauge("sunny_connections_open", "Connections open now.", ["link"], ByLink(link => connections.OpenOn(link)));
        page.Counter(
            "sunny_connections_opened_total", "Connections opened.", ["link"], ByLink(link => counters.OpenedOn(link)));
        page.Counter("sunny_connections_closed_total", "Connections closed, by reason.", ["link", "reason"], () =>
            from link in links
            from reason in Enum.GetValues<LinkCloseReason>()
            let count = counters.ClosedFor(link.Index, reason)
            where count > 0
            select new Measured([link.Name, reason.ToString()], count));
        page.Counter(
            "sunny_frames_received_total", "Frames received.", ["link"], ByLink(link => counters.FramesOn(link)));
        page.Counter(
            "sunny_undecodable_total", "Messages too broken to answer.", ["link"],
            ByLink(link => counters.UndecodableOn(link)));
        page.Counter(
            "sunny_keep_alives_total", "Frames of length zero received.", ["link"], ByLink(link => counters.KeepAlivesOn(link)));
        page.Counter(
            "sunny_unknown_tags_total", "Parts that neither the dialect nor EMV knows, by field and tag in hex; tag 0: parts that are broken.",
            ["link", "field", "tag"], () => counters.UnknownTags.All.Select(each =>
                new Measured([links[each.Place.Link].Name, $"{each.Place.Field}", TagName(each.Place.Key)], each.Count)));
        page.Counter(
            "sunny_rejected_total", "Messages that came back under a reject header.", ["link", "code"], () => counters.Rejected.All.Select(each =>
                new Measured([links[each.Place.Link].Name, TagName(each.Place.Key)], each.Count)));
        page.Counter("sunny_starved_total", "How often a link waited for the ring.", () => counters.StarvedTimes);
    }

    private static string TagName(uint key) => key == Tally.OtherKey ? "other" : key.ToString("X", System.Globalization.CultureInfo.InvariantCulture);
}
