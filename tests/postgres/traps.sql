-- As a role that owns the database and is no superuser, something of every kind that a name in a query may mean, in the place
-- of what the server has. All of it takes a number from a sequence, which no rollback takes back.
--
-- Operators are planted for the arguments of the server's own and for all pairs of the catalog's types, because one that fits
-- exactly wins wherever it is on the path.
set search_path to pg_catalog;
create schema proof; create sequence proof.ran;
create function proof.touch() returns bool language plpgsql volatile as
  $$ begin perform pg_catalog.nextval('proof.ran'::pg_catalog.regclass); return true; end $$;
create schema evil; create schema postgres;
do $do$
declare
  place text; o record; number int := 0; made text;
  body constant text := $$ language plpgsql volatile as 'begin perform proof.touch(); return null; end'$$;
  catalog_types constant text[] := array['oid', 'int2', 'int4', 'int8', 'name', 'text', '"char"', 'bool', 'regclass'];
  names constant text[] := array['=', '<>', '<', '>', '<=', '>=', '~', '!~', '~~', '||', '&', '+', '-', '*', '%'];
begin
  foreach place in array array['evil', 'postgres', 'public'] loop
    for o in
      select distinct op.oprname as name, l.oid::regtype as l, r.oid::regtype as r, op.oprresult::regtype as result
        from pg_operator op join pg_type l on l.oid = op.oprleft join pg_type r on r.oid = op.oprright
          join pg_type t on t.oid = op.oprresult
        where op.oprnamespace = 'pg_catalog'::regnamespace and op.oprname = any (names) and place = 'evil'
          and 'p' not in (l.typtype, r.typtype, t.typtype)
      union select name, l::regtype, r::regtype, 'bool'::regtype
        from unnest(names[1:9]) name, unnest(catalog_types) l, unnest(catalog_types) r
        where place = 'evil' or name in ('=', '~') and l in ('oid', 'name')
    loop
      number := number + 1;
      made := format('%I.f%s', place, number);
      begin
        execute format('create function %s(%s, %s) returns %s %s', made, o.l, o.r, o.result, body);
        execute format('create operator %I.%s (leftarg = %s, rightarg = %s, function = %s)', place, o.name, o.l, o.r, made);
      exception when duplicate_function then null;
      end;
    end loop;
  end loop;
  for o in
    select distinct on (p.proname, p.proargtypes::text) p.proname, pg_get_function_identity_arguments(p.oid) as arguments,
        p.prorettype::regtype as result
      from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset
        and p.provariadic = 0 and (p.proname ~ '^(has_.*_privilege|pg_get_.*|pg_has_role|format_type|obj_description|pg_describe_object)$'
          or p.proname in ('set_config', 'current_setting', 'setval', 'nextval', 'lower', 'quote_ident', 'quote_literal',
            'replace', 'regexp_replace', 'pg_sleep', 'pg_is_in_recovery', 'row_security_active', 'current_database',
            'pg_advisory_lock_shared', 'pg_try_advisory_lock', 'pg_advisory_unlock', 'pg_current_xact_id', 'pg_backend_pid'))
        and 'p' <> all (select typtype from pg_type where oid = any (p.proargtypes) or oid = p.prorettype)
        and not 'internal'::regtype = any (p.proargtypes)
  loop
    execute format('create function evil.%I(%s) returns %s %s', o.proname, o.arguments, o.result, body);
  end loop;
  for o in
    select t.typname from pg_type t where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0
  loop
    execute format('create domain evil.%I as pg_catalog.%1$I check (proof.touch())', o.typname);
  end loop;
  for o in
    select relname from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind in ('r', 'v')
      and has_table_privilege(oid, 'SELECT')
      and relname in ('pg_class', 'pg_namespace', 'pg_type', 'pg_index', 'pg_constraint', 'pg_roles', 'pg_settings',
        'pg_enum', 'pg_sequence', 'pg_extension', 'pg_depend', 'pg_trigger', 'pg_proc', 'pg_operator', 'pg_locks')
  loop
    execute format('create view evil.%I as select c.*, proof.touch() from pg_catalog.%1$I c', o.relname);
  end loop;
end $do$;
