-- One row per journalled answer. Widths fall from left to right, so that little is lost to alignment.
create table sunny.decision (
    sequence          bigint      not null,  -- of the frame
    number            bigint      not null,  -- the how manieth decision of the journal; undoes names it
    decided_at        timestamptz not null,
    stan              bigint      not null,
    amount            bigint,                -- as asked for, minor units
    held_delta        bigint      not null,  -- what moved at the account, minor units
    ledger_delta      bigint      not null,
    fee               bigint,                -- due to the acquirer
    undoes            bigint,                -- number of the decision that this one undid
    original_stan     bigint,                -- what the message named: DE90 or DE56
    card_token        uuid,
    business_date     date        not null,
    link              integer     not null,
    processing_code   integer     not null,
    trace_time        integer     not null,  -- MMDDhhmmss
    original_time     integer,
    card              integer,               -- card.number
    account           integer,               -- account.number
    hold              integer,               -- hold.slot
    mti               smallint    not null,
    result            smallint    not null,  -- outcome.result
    effect            smallint    not null,
    origin            smallint    not null,
    currency          smallint,              -- ISO 4217 number
    category          smallint    not null,
    entry_mode        smallint    not null,
    original_mti      smallint,
    response_code     text        not null,
    acquirer          text        not null,
    pan_masked        text        not null,
    rrn               text        not null,
    approval_code     text,
    terminal          text        not null,
    merchant          text        not null,
    original_acquirer text,
    original_approval text                   -- DE38 that the message named
) partition by range (business_date);

-- Block ranges: the order of rows is the order of sequences, and a filter of a few bits per value tells where a value cannot be.
create index decision_sequence on sunny.decision using brin (sequence);
create index decision_number on sunny.decision using brin (number);
create index decision_rrn on sunny.decision using brin (rrn text_bloom_ops(n_distinct_per_range = 4000));
create index decision_stan on sunny.decision using brin (stan int8_bloom_ops(n_distinct_per_range = 4000));
create index decision_card_token on sunny.decision using brin (card_token uuid_bloom_ops(n_distinct_per_range = 4000));
create index decision_approval_code on sunny.decision using brin (approval_code text_bloom_ops(n_distinct_per_range = 4000));
create index decision_merchant on sunny.decision using brin (merchant text_bloom_ops(n_distinct_per_range = 4000));
create index decision_terminal on sunny.decision using brin (terminal text_bloom_ops(n_distinct_per_range = 4000));
create index decision_amount on sunny.decision using brin (amount int8_bloom_ops(n_distinct_per_range = 4000));

create table sunny.account (
    number      integer  primary key,
    currency    smallint not null,
    ledger      bigint   not null,
    held        bigint   not null,
    credit_line bigint   not null
) with (fillfactor = 70);

create table sunny.card (
    number      integer  primary key,
    account     integer  not null,
    token       uuid     not null unique,
    pan_masked  text     not null,
    expiry      smallint not null,           -- YYMM
    status      smallint not null,
    hot         smallint not null,
    hot_from    date,
    hot_to      date,
    hot_region  smallint not null,
    pin_method  smallint not null,
    pin_tries   smallint not null,
    has_address boolean  not null
) with (fillfactor = 90);

-- By the slot that frames name it by; decision.number = opened says the rest of it. A free slot stays, with status 0.
create table sunny.hold (
    slot       integer  primary key,
    card       integer  not null,
    account    integer  not null,
    opened     bigint   not null,            -- decision.number
    completed  bigint   not null,            -- decision.number of the completion that ended it; 0: none
    authorized bigint   not null,
    held       bigint   not null,
    captured   bigint   not null,
    expires_on date,
    ended_on   date,
    status     smallint not null             -- 0 free, 1 open, 2 completed
) with (fillfactor = 80);

-- What results mean, for joins.
create table sunny.outcome (
    result        smallint primary key,
    name          text     not null,
    response_code text     not null,
    decided_by    text     not null,
    meaning       text     not null
);

-- Up to where the journal was taken, and how to know that it is the same journal. Moves in the transaction that writes the rows.
create table sunny.checkpoint (
    cell          smallint    primary key,
    sequence      bigint      not null,      -- last frame of the last batch taken
    chain         bytea       not null,      -- chain value after it
    segment_first bigint      not null,      -- where that batch is
    batch_offset  bigint      not null,
    batch_first   bigint      not null,
    epoch_before  bigint      not null,
    chain_before  bytea       not null,
    decisions     bigint      not null,      -- decisions so far
    hold_slots    integer     not null,      -- slots that were ever used
    cards         integer     not null,
    business_date date,
    frame_time    timestamptz not null,
    moved_at      timestamptz not null
);

-- Nothing yet. Whoever writes locks the row, from the first batch on.
insert into sunny.checkpoint values (0, 0, '', 0, 0, 0, 0, '', 0, 0, 0, null, 'epoch', now());
