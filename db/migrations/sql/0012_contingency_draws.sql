-- What a change order draws from the contingency of the engagement. The fee of the order stays what it is; the next scope
-- version's contingency is less by the draw. Orders from before drew nothing.
alter table change_order add column contingency_draw_minor bigint not null default 0;
alter table change_order add constraint change_order_contingency_draw check (contingency_draw_minor >= 0);
