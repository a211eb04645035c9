-- Three roles for one ledger. Run once as a superuser, in the ledger's database:
--   psql -v owner_password=… -v writer_password=… -v auditor_password=… -f roles.sql supplywatch
-- owner   makes and changes tables (supplywatch ledger upgrade), logs in for that alone
-- writer  what connect, worker, match, relay and the commands work with: rows, never tables, never triggers
-- auditor reads
\set ON_ERROR_STOP on
create role supplywatch_owner login password :'owner_password' nosuperuser nocreatedb nocreaterole;
create role supplywatch_writer login password :'writer_password' nosuperuser nocreatedb nocreaterole;
create role supplywatch_auditor login password :'auditor_password' nosuperuser nocreatedb nocreaterole;
alter role supplywatch_auditor set default_transaction_read_only = on;

revoke all on schema public from public;
select format('revoke all on database %I from public', current_database()) \gexec
select format('grant connect on database %I to supplywatch_owner, supplywatch_writer, supplywatch_auditor', current_database()) \gexec
grant usage, create on schema public to supplywatch_owner;
grant usage on schema public to supplywatch_writer, supplywatch_auditor;

-- The owner's tables of today and of every later release. Truncate is left out: it would pass the triggers that keep the book append-only.
alter default privileges for role supplywatch_owner in schema public grant select, insert, update, delete on tables to supplywatch_writer;
alter default privileges for role supplywatch_owner in schema public grant usage, select on sequences to supplywatch_writer;
alter default privileges for role supplywatch_owner in schema public grant select on tables to supplywatch_auditor;
