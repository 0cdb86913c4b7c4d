-- Finer block ranges, each with its sequences beside the filter of a key: who looks for a key among some sequences reads one index, and of the
-- table about a quarter of what it read with ranges of 128 pages. With the indexes apart the planner took only one of them.
drop index sunny.decision_sequence;
drop index sunny.decision_number;
drop index sunny.decision_rrn;
drop index sunny.decision_stan;
drop index sunny.decision_card_token;
drop index sunny.decision_approval_code;
drop index sunny.decision_merchant;
drop index sunny.decision_terminal;
drop index sunny.decision_amount;

create index decision_sequence on sunny.decision using brin (sequence, number) with (pages_per_range = 32);
create index decision_rrn on sunny.decision
    using brin (sequence, rrn text_bloom_ops(n_distinct_per_range = 1200)) with (pages_per_range = 32);
create index decision_stan on sunny.decision
    using brin (sequence, stan int8_bloom_ops(n_distinct_per_range = 1200)) with (pages_per_range = 32);
create index decision_card_token on sunny.decision
    using brin (sequence, card_token uuid_bloom_ops(n_distinct_per_range = 1200)) with (pages_per_range = 32);
create index decision_approval_code on sunny.decision
    using brin (sequence, approval_code text_bloom_ops(n_distinct_per_range = 1200)) with (pages_per_range = 32);
create index decision_merchant on sunny.decision
    using brin (sequence, merchant text_bloom_ops(n_distinct_per_range = 1200)) with (pages_per_range = 32);
create index decision_terminal on sunny.decision
    using brin (sequence, terminal text_bloom_ops(n_distinct_per_range = 1200)) with (pages_per_range = 32);
create index decision_amount on sunny.decision
    using brin (sequence, amount int8_bloom_ops(n_distinct_per_range = 1200)) with (pages_per_range = 32);
