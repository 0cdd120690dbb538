-- Invoices from every source, series of numbers, discounts and vouchers, credit notes, write-offs, retention released, and the
-- parts of addresses that an electronic invoice needs.
--
-- An invoice's open sum = payable + retention released - paid - drawn - credited - credit applied - written off. Each of these
-- columns is moved by the row that says why (a trigger below), and one CHECK on the invoice is the limit of them all.

-- EN 16931 wants an address in parts, an electronic address in a scheme (CEF EAS), a VAT number and an account.
alter table practice add column vat_number text not null default '';
alter table practice add column endpoint_id text not null default '';
alter table practice add column endpoint_scheme text not null default '';
alter table practice add column street text not null default '';
alter table practice add column postal_code text not null default '';
alter table practice add column city text not null default '';
alter table practice add column iban text not null default '';
alter table practice add constraint practice_einvoice check (
  length(vat_number) <= 20 and length(endpoint_id) <= 60 and endpoint_scheme ~ '^([0-9]{4}|[A-Z]{2})?$' and length(street) <= 200
  and length(postal_code) <= 20 and length(city) <= 100 and iban ~ '^([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})?$');
alter table client add column vat_number text not null default '';
alter table client add column endpoint_id text not null default '';
alter table client add column endpoint_scheme text not null default '';
alter table client add column street text not null default '';
alter table client add column postal_code text not null default '';
alter table client add column city text not null default '';
alter table client add column buyer_reference text not null default '';
alter table client add constraint client_einvoice check (
  length(vat_number) <= 20 and length(endpoint_id) <= 60 and endpoint_scheme ~ '^([0-9]{4}|[A-Z]{2})?$' and length(street) <= 200
  and length(postal_code) <= 20 and length(city) <= 100 and length(buyer_reference) <= 100);

-- What a practice owes a client because a credit note took back what was paid; never below nothing.
alter table ledger_account drop constraint ledger_account_client_money;
alter table ledger_account add constraint ledger_account_client_money check (
  code not in ('retainer_liability', 'unapplied_receipts', 'client_credit')
  or (kind = 'liability' and floor_minor is not null and floor_minor = 0 and client_id is not null));

-- A series of numbers beside the standard ones (invoices without a prefix, credit notes with CN). Its prefix is part of the number.
create table invoice_series (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('invoice', 'credit_note')),
  name text not null check (length(name) between 1 and 100),
  prefix text not null check (prefix ~ '^[A-Z][A-Z0-9]{0,9}$' and prefix <> 'CN'),
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint invoice_series_prefix_once unique (tenant_id, prefix)
);
call distribute('invoice_series');
alter table invoice_series add constraint invoice_series_practice foreign key (tenant_id, tenant_id) references practice (tenant_id, id) on delete restrict;

alter table invoice add column series_id uuid;
alter table invoice add column number_prefix text not null default '';
alter table invoice add column discount_minor bigint not null default 0;
alter table invoice add column retention_released_minor bigint not null default 0;
alter table invoice add column credited_minor bigint not null default 0;
alter table invoice add column credited_retention_minor bigint not null default 0;
alter table invoice add column credited_total_minor bigint not null default 0;
alter table invoice add column credit_applied_minor bigint not null default 0;
alter table invoice add column written_off_minor bigint not null default 0;
alter table invoice drop constraint invoice_number_once;
alter table invoice add constraint invoice_number_once unique (tenant_id, number_prefix, number_year, number_ordinal);
alter table invoice drop constraint invoice_cap;
alter table invoice add constraint invoice_cap check (
  paid_minor + drawn_minor + credited_minor + credit_applied_minor + written_off_minor <= payable_minor + retention_released_minor);
alter table invoice add constraint invoice_moves check (
  discount_minor >= 0 and retention_released_minor >= 0 and credited_minor >= 0 and credited_retention_minor >= 0
  and credited_total_minor >= 0 and credit_applied_minor >= 0 and written_off_minor >= 0);
alter table invoice add constraint invoice_retention_cap check (retention_released_minor + credited_retention_minor <= retention_minor);
alter table invoice add constraint invoice_credit_cap check (credited_total_minor + written_off_minor <= total_minor);
create index invoice_series_id on invoice (tenant_id, series_id);
alter table invoice add constraint invoice_series foreign key (tenant_id, series_id) references invoice_series (tenant_id, id) on delete restrict;

-- A part of the fee that is billed when something is reached: on signing, or when the named item is accepted. The items of the
-- scope version the plan was made for are then billed by the plan and not one by one.
create table billing_stage (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid not null,
  position integer not null check (position >= 1),
  title text not null check (length(title) between 1 and 200),
  item_key text,
  share_bps integer check (share_bps between 1 and 10000),
  net_minor bigint not null check (net_minor > 0),
  is_live boolean not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('billing_stage');
create unique index billing_stage_position_once on billing_stage (tenant_id, engagement_id, position) where is_live;
create index billing_stage_engagement_id on billing_stage (tenant_id, engagement_id, scope_version_id);
create index billing_stage_item on billing_stage (tenant_id, scope_version_id, item_key);
alter table billing_stage add constraint billing_stage_scope_version foreign key (tenant_id, engagement_id, scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table billing_stage add constraint billing_stage_item foreign key (tenant_id, scope_version_id, item_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;

-- Hours worked on an item that the signed scope prices by the hour and without a fee. What was recorded stays; an entry that
-- replaces it corrects it (zero minutes take it away).
create table time_entry (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid not null,
  item_key text not null,
  member_id uuid not null,
  worked_on date not null,
  minutes integer not null check (minutes between 0 and 1440),
  description text not null check (length(description) between 1 and 200),
  rate_minor bigint not null check (rate_minor > 0),
  replaces_id uuid,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint time_entry_replaced_once unique (tenant_id, replaces_id),
  constraint time_entry_minutes check (minutes > 0 or replaces_id is not null),
  constraint time_entry_replaces_another check (replaces_id <> id)
);
call distribute('time_entry');
create index time_entry_engagement_id on time_entry (tenant_id, engagement_id, worked_on);
create index time_entry_version_id on time_entry (tenant_id, engagement_id, scope_version_id);
create index time_entry_item on time_entry (tenant_id, scope_version_id, item_key);
create index time_entry_member_id on time_entry (tenant_id, member_id);
alter table time_entry add constraint time_entry_scope_version foreign key (tenant_id, engagement_id, scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table time_entry add constraint time_entry_item foreign key (tenant_id, scope_version_id, item_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;
alter table time_entry add constraint time_entry_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;
alter table time_entry add constraint time_entry_replaces foreign key (tenant_id, replaces_id) references time_entry (tenant_id, id) on delete restrict;

-- A priced bundle that the client bought: who of the client said so, when, and in which words.
create table package_sale (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  title text not null check (length(title) between 1 and 200),
  quantity numeric(18, 6) not null check (quantity > 0 and quantity <> 'NaN'),
  unit text not null check (length(unit) <= 40),
  unit_price_minor bigint not null check (unit_price_minor > 0),
  net_minor bigint not null check (net_minor > 0),
  tax_code text not null,
  tax_bps integer not null check (tax_bps between 0 and 10000),
  sold_on date not null,
  contact_id uuid not null,
  words text not null check (length(words) between 1 and 1000),
  recorded_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('package_sale');
create index package_sale_engagement_id on package_sale (tenant_id, engagement_id);
create index package_sale_contact_id on package_sale (tenant_id, contact_id);
alter table package_sale add constraint package_sale_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table package_sale add constraint package_sale_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete restrict;

-- Where a line comes from, and that this is billed once. net = quantity x price - discount - its part of the invoice's allowances.
alter table invoice_line alter column scope_version_id drop not null;
alter table invoice_line alter column item_key drop not null;
alter table invoice_line alter column acceptance_id drop not null;
alter table invoice_line add column source text not null default 'item';
alter table invoice_line add column billing_stage_id uuid;
alter table invoice_line add column time_entry_id uuid;
alter table invoice_line add column package_sale_id uuid;
alter table invoice_line add column change_order_id uuid;
alter table invoice_line add column retainer_id uuid;
alter table invoice_line add column retainer_period integer;
alter table invoice_line add column receipt_reference text;
alter table invoice_line add column quantity numeric(18, 6);
alter table invoice_line add column unit text not null default '';
alter table invoice_line add column discount_bps integer;
alter table invoice_line add column discount_minor bigint not null default 0;
alter table invoice_line add column discount_reason text not null default '';
alter table invoice_line add column allowance_minor bigint not null default 0;
alter table invoice_line add column credited_net_minor bigint not null default 0;
alter table invoice_line add column credited_tax_minor bigint not null default 0;
alter table invoice_line add constraint invoice_line_source check (
  num_nonnulls(acceptance_id, billing_stage_id, time_entry_id, package_sale_id, change_order_id, retainer_id, receipt_reference) = 1
  and (retainer_id is null) = (retainer_period is null)
  and case source
    when 'item' then acceptance_id is not null and item_key is not null and scope_version_id is not null
    when 'milestone' then billing_stage_id is not null and item_key is null
    when 'time' then time_entry_id is not null and item_key is not null and scope_version_id is not null
    when 'package' then package_sale_id is not null and item_key is null
    when 'change_order' then change_order_id is not null and item_key is not null and scope_version_id is not null
    when 'retainer_period' then retainer_id is not null and item_key is null
    when 'expense' then length(receipt_reference) between 1 and 100 and item_key is null
    else false end);
alter table invoice_line add constraint invoice_line_discount check (
  discount_minor >= 0 and allowance_minor >= 0 and (discount_bps is null or discount_bps between 1 and 10000)
  and (discount_minor = 0) = (discount_reason = '') and length(discount_reason) <= 200
  and (discount_bps is null or discount_minor > 0) and length(unit) <= 40 and quantity > 0 and quantity <> 'NaN');
alter table invoice_line drop constraint invoice_line_net_minor_check;
alter table invoice_line add constraint invoice_line_net check (net_minor + discount_minor + allowance_minor <> 0);
alter table invoice_line add constraint invoice_line_credit_cap check (
  credited_net_minor between least(net_minor, 0) and greatest(net_minor, 0)
  and credited_tax_minor between least(tax_minor, 0) and greatest(tax_minor, 0));
drop index invoice_line_item_once;
create unique index invoice_line_item_once on invoice_line (tenant_id, engagement_id, item_key) where is_live and source = 'item';
create unique index invoice_line_stage_once on invoice_line (tenant_id, billing_stage_id, tax_code, tax_bps) where is_live;
create unique index invoice_line_time_once on invoice_line (tenant_id, time_entry_id) where is_live;
create unique index invoice_line_package_once on invoice_line (tenant_id, package_sale_id) where is_live;
create unique index invoice_line_order_once on invoice_line (tenant_id, change_order_id, item_key) where is_live;
create unique index invoice_line_period_once on invoice_line (tenant_id, retainer_id, retainer_period) where is_live;
create unique index invoice_line_receipt_once on invoice_line (tenant_id, engagement_id, receipt_reference) where is_live;
alter table invoice_line add constraint invoice_line_stage foreign key (tenant_id, billing_stage_id) references billing_stage (tenant_id, id) on delete restrict;
alter table invoice_line add constraint invoice_line_time foreign key (tenant_id, time_entry_id) references time_entry (tenant_id, id) on delete restrict;
alter table invoice_line add constraint invoice_line_package foreign key (tenant_id, package_sale_id) references package_sale (tenant_id, id) on delete restrict;
alter table invoice_line add constraint invoice_line_order foreign key (tenant_id, change_order_id) references change_order (tenant_id, id) on delete restrict;
alter table invoice_line add constraint invoice_line_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;

-- A discount on future work.
create table discount_voucher (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  engagement_id uuid,
  code text not null check (code ~ '^[A-Z0-9-]{4,40}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  value_minor bigint not null check (value_minor > 0),
  used_minor bigint not null check (used_minor >= 0),
  issued_on date not null,
  expires_on date,
  reason text not null check (length(reason) between 1 and 500),
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint discount_voucher_code_once unique (tenant_id, code),
  constraint discount_voucher_cap check (used_minor <= value_minor),
  constraint discount_voucher_dates check (expires_on >= issued_on)
);
call distribute('discount_voucher');
create index discount_voucher_client_id on discount_voucher (tenant_id, client_id);
create index discount_voucher_engagement_id on discount_voucher (tenant_id, engagement_id);
alter table discount_voucher add constraint discount_voucher_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table discount_voucher add constraint discount_voucher_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;

-- What comes off the whole invoice (a document-level allowance of EN 16931); the lines say how it is spread over them.
create table invoice_allowance (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  position integer not null check (position >= 1),
  reason text not null check (length(reason) between 1 and 200),
  rate_bps integer check (rate_bps between 1 and 10000),
  amount_minor bigint not null check (amount_minor > 0),
  voucher_id uuid,
  is_live boolean not null,
  primary key (tenant_id, id),
  constraint invoice_allowance_position_once unique (tenant_id, invoice_id, position),
  constraint invoice_allowance_one_kind check (num_nonnulls(rate_bps, voucher_id) <= 1)
);
call distribute('invoice_allowance');
create index invoice_allowance_voucher_id on invoice_allowance (tenant_id, voucher_id);
alter table invoice_allowance add constraint invoice_allowance_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table invoice_allowance add constraint invoice_allowance_voucher foreign key (tenant_id, voucher_id) references discount_voucher (tenant_id, id) on delete restrict;

-- Paper that reduces an issued invoice: first what it still owes, then what is retained, then what was paid, which the client
-- keeps as credit for other invoices or gets back.
create table credit_note (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  series_id uuid,
  number_prefix text not null,
  number_year integer not null check (number_year between 1900 and 9999),
  number_ordinal integer not null check (number_ordinal >= 1),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  issue_date date not null,
  reason_kind text not null check (reason_kind in ('error', 'quality', 'goodwill', 'descoping', 'termination', 'discount')),
  reason text not null check (length(reason) between 1 and 1000),
  net_minor bigint not null check (net_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  total_minor bigint not null check (total_minor > 0),
  open_part_minor bigint not null check (open_part_minor >= 0),
  retention_part_minor bigint not null check (retention_part_minor >= 0),
  kept_minor bigint not null check (kept_minor >= 0),
  refund_minor bigint not null check (refund_minor >= 0),
  applied_minor bigint not null check (applied_minor >= 0),
  refund_pending_minor bigint not null check (refund_pending_minor >= 0),
  refunded_minor bigint not null check (refunded_minor >= 0),
  journal_id uuid not null,
  document_id uuid not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint credit_note_number_once unique (tenant_id, number_prefix, number_year, number_ordinal),
  constraint credit_note_journal_once unique (tenant_id, journal_id),
  constraint credit_note_sum check (net_minor + tax_minor = total_minor),
  constraint credit_note_split check (open_part_minor + retention_part_minor + kept_minor + refund_minor = total_minor),
  constraint credit_note_applied_cap check (applied_minor <= kept_minor),
  constraint credit_note_refund_cap check (refund_pending_minor + refunded_minor <= refund_minor)
);
call distribute('credit_note');
create index credit_note_invoice_id on credit_note (tenant_id, invoice_id);
create index credit_note_engagement_id on credit_note (tenant_id, engagement_id);
create index credit_note_client_id on credit_note (tenant_id, client_id);
create index credit_note_series_id on credit_note (tenant_id, series_id);
create index credit_note_document_id on credit_note (tenant_id, document_id);
alter table credit_note add constraint credit_note_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table credit_note add constraint credit_note_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table credit_note add constraint credit_note_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table credit_note add constraint credit_note_series foreign key (tenant_id, series_id) references invoice_series (tenant_id, id) on delete restrict;
alter table credit_note add constraint credit_note_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table credit_note add constraint credit_note_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;

create table credit_note_line (
  tenant_id uuid not null,
  id uuid not null,
  credit_note_id uuid not null,
  invoice_line_id uuid not null,
  position integer not null check (position >= 1),
  net_minor bigint not null check (net_minor <> 0),
  tax_minor bigint not null,
  primary key (tenant_id, id),
  constraint credit_note_line_position_once unique (tenant_id, credit_note_id, position),
  constraint credit_note_line_once unique (tenant_id, credit_note_id, invoice_line_id)
);
call distribute('credit_note_line');
create index credit_note_line_invoice_line_id on credit_note_line (tenant_id, invoice_line_id);
alter table credit_note_line add constraint credit_note_line_note foreign key (tenant_id, credit_note_id) references credit_note (tenant_id, id) on delete restrict;
alter table credit_note_line add constraint credit_note_line_invoice_line foreign key (tenant_id, invoice_line_id) references invoice_line (tenant_id, id) on delete restrict;

-- Kept credit used on an invoice of the same client.
create table credit_application (
  tenant_id uuid not null,
  id uuid not null,
  credit_note_id uuid not null,
  invoice_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  effective_on date not null,
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint credit_application_journal_once unique (tenant_id, journal_id)
);
call distribute('credit_application');
create index credit_application_note_id on credit_application (tenant_id, credit_note_id);
create index credit_application_invoice_id on credit_application (tenant_id, invoice_id);
alter table credit_application add constraint credit_application_note foreign key (tenant_id, credit_note_id) references credit_note (tenant_id, id) on delete restrict;
alter table credit_application add constraint credit_application_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table credit_application add constraint credit_application_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- What is given up of an invoice; `tax_minor` is the tax in it where relief is claimed. Reversed when money comes after all.
create table write_off (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  tax_minor bigint not null,
  reason text not null check (length(reason) between 1 and 1000),
  written_off_on date not null,
  journal_id uuid not null,
  reversed_on date,
  reversal_reason text not null default '' check (length(reversal_reason) <= 1000),
  reversal_journal_id uuid,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint write_off_journal_once unique (tenant_id, journal_id),
  constraint write_off_tax check (tax_minor >= 0 and tax_minor < amount_minor),
  constraint write_off_reversal check (
    (reversed_on is null) = (reversal_journal_id is null) and (reversed_on is null) = (reversal_reason = '') and reversed_on >= written_off_on)
);
call distribute('write_off');
create index write_off_invoice_id on write_off (tenant_id, invoice_id);
create index write_off_engagement_id on write_off (tenant_id, engagement_id);
create index write_off_client_id on write_off (tenant_id, client_id);
create index write_off_reversal_journal_id on write_off (tenant_id, reversal_journal_id);
alter table write_off add constraint write_off_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table write_off add constraint write_off_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table write_off add constraint write_off_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table write_off add constraint write_off_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table write_off add constraint write_off_reversal_journal foreign key (tenant_id, reversal_journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- Retention that fell due by final acceptance, with a due date of its own.
create table retention_release (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  engagement_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  effective_on date not null,
  due_on date not null,
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint retention_release_journal_once unique (tenant_id, journal_id),
  constraint retention_release_dates check (due_on >= effective_on)
);
call distribute('retention_release');
create index retention_release_invoice_id on retention_release (tenant_id, invoice_id);
create index retention_release_engagement_id on retention_release (tenant_id, engagement_id);
alter table retention_release add constraint retention_release_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table retention_release add constraint retention_release_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table retention_release add constraint retention_release_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
