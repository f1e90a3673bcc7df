//! What strings, files and variables mean, and that no output holds a password.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proptest::prelude::*;

use super::Target;
use crate::Error;

/// What no output may hold.
const SECRET: &str = "hunter2Zq";

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Target, Error> {
    Target::parse(text, &|name| {
        let mut found = environment.iter().filter(|(variable, _)| *variable == name);
        found.next().map(|(_, value)| (*value).to_owned())
    })
}

/// A target as a URL, for somebody named `me`.
fn shown(text: &str, environment: &[(&str, &str)]) -> String {
    let environment = [environment, &[("USER", "me")]].concat();
    let target = parse(text, &environment).unwrap_or_else(|error| panic!("{text}: {error}"));
    target.display()
}

fn refused(text: &str) -> String {
    let error = parse(text, &[("USER", "me")]).expect_err(text);
    assert!(matches!(error, Error::Usage { .. }), "{text}: {error}");
    format!("{error} ({})", error.hint().expect("a hint"))
}

fn password(target: &Target) -> Option<&str> {
    target.places[0].password.as_ref().map(super::secret::Secret::reveal)
}

#[test]
fn strings_are_told_from_folders() {
    for text in [
        "postgres:",
        "postgresql:",
        "postgres://h/d",
        "postgresql:///",
        "host=h",
        " dbname=d user=u",
        "hots=h dbname=d",
        "host = h port=1",
    ] {
        assert!(Target::is_target(text), "{text}");
    }
    for text in ["out", "./a=b", "data/host=1", "postgres", "x=y", "/tmp/a dbname=b", "", "=", "mysql://h/d"]
    {
        assert!(!Target::is_target(text), "{text}");
    }
}

#[test]
fn urls_mean_what_they_mean_to_psql() {
    for (text, expected) in [
        ("postgres://h", "postgresql://me@h:5432/me"),
        ("postgresql://u@h/d", "postgresql://u@h:5432/d"),
        ("postgresql://u:p@h:5433/d", "postgresql://u@h:5433/d"),
        ("postgresql://a:1,b,[::1]:3/d", "postgresql://me@a:1,b:5432,[::1]:3/d"),
        ("postgresql://h1,h2/d?port=7", "postgresql://me@h1:7,h2:7/d"),
        ("postgresql://%2Frun%2Fpg/d", "postgresql://me@/d?host=/run/pg"),
        ("postgresql://%2Frun%2Fpg:5433/d", "postgresql://me@/d?host=/run/pg&port=5433"),
        ("postgresql:///d?host=/run/pg&user=u", "postgresql://u@/d?host=/run/pg"),
        ("postgresql://h/d?user=u&port=1&dbname=e", "postgresql://u@h:1/e"),
        ("postgresql://[::1]/d", "postgresql://me@[::1]:5432/d"),
        ("postgresql://h/?hostaddr=127.0.0.1", "postgresql://me@h:5432/me"),
        ("postgresql://u%40corp@h/a%20b%2Fc", "postgresql://u%40corp@h:5432/a%20b%2Fc"),
        ("postgresql://us%65r:a?b#c%25d@h/d", "postgresql://user@h:5432/d"),
        ("postgresql://@h/", "postgresql://me@h:5432/me"),
        ("postgresql://h/?ssl=true", "postgresql://me@h:5432/me"),
    ] {
        assert_eq!(shown(text, &[]), expected, "{text}");
        assert_eq!(shown(expected, &[]), expected, "what is shown means the same");
    }
    let target = parse("postgresql://u:a?b#c%25d@h/d", &[]).expect("a URL");
    assert_eq!(password(&target), Some("a?b#c%d"));
}

#[test]
fn words_and_values_are_read_with_quotes_and_backslashes() {
    for (text, expected) in [
        ("host=h", "postgresql://me@h:5432/me"),
        ("host = h  port= 5433 dbname =d", "postgresql://me@h:5433/d"),
        ("host='h' dbname='a b' user='it\\'s'", "postgresql://it%27s@h:5432/a%20b"),
        ("host=h dbname=a\\ b", "postgresql://me@h:5432/a%20b"),
        ("host=h dbname=''", "postgresql://me@h:5432/me"),
        ("host=h dbname='a'user=u", "postgresql://u@h:5432/a"),
        ("host=a host=b", "postgresql://me@b:5432/me"),
        ("host=a,b port=1,2", "postgresql://me@a:1,b:2/me"),
        ("host=a,b port=1,", "postgresql://me@a:1,b:5432/me"),
        ("hostaddr=127.0.0.1,::1", "postgresql://me@127.0.0.1:5432,[::1]:5432/me"),
        ("host=h dbname=d\\", "postgresql://me@h:5432/d"),
    ] {
        assert_eq!(shown(text, &[]), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_without_repeating_it() {
    for (text, expected) in [
        ("hst=h", "unknown word `hst` (did you mean `host`?)"),
        ("host=h passwort=x", "unknown word `passwort` (did you mean `password`?)"),
        ("password=a hunter2Zq host=h", "no `=` after the word at character 12"),
        ("password=a hunter2Zq=h", "unknown word at character 12"),
        (
            "host=h user= password=hunter2Zq",
            "the value of `user` holds another word with its `=` (an empty value",
        ),
        ("host=h dbname=d,password=hunter2Zq", "the value of `dbname` holds another word"),
        (
            "host=h;pwd=hunter2Zq",
            "the value of `host`, or `PGHOST`, looks as if it held more of a connection string",
        ),
        ("postgres:///?host=h;password=hunter2Zq", "the value of `host`, or `PGHOST`, looks"),
        ("postgres:///d;password=hunter2Zq", "the value of `dbname`, or `PGDATABASE`, looks"),
        ("dbname=postgres://u:hunter2Zq@h/d", "the value of `dbname`, or `PGDATABASE`, looks"),
        ("user=u:hunter2Zq@h", "the value of `user`, or `PGUSER`, looks"),
        ("service=u:hunter2Zq@h", "the value of `service`, or `PGSERVICE`, looks"),
        (
            "host=h sslrootcert='x;password=hunter2Zq'",
            "the value of `sslrootcert`, or `PGSSLROOTCERT`, looks",
        ),
        ("password='hunter2Zq", "the value of `password` has an opening quote"),
        ("host=h port=hunter2Zq", "`port` is not a number from 1 to 65535"),
        ("host=h port=0", "`port` is not a number"),
        ("host=h port=65536", "`port` is not a number"),
        ("host=a,b,c port=1,2", "2 ports for 3 hosts"),
        ("host=a,b hostaddr=::1", "2 in `host` and 1 in `hostaddr`"),
        ("hostaddr=h", "`hostaddr` is not an IP address"),
        ("host=h sslmode=hunter2Zq", "`sslmode` has an unknown value (it can be `disable`, `allow`"),
        ("host=h sslrootcert=system sslmode=require", "`sslrootcert=system` needs `sslmode=verify-full`"),
        ("host=h sslnegotiation=direct", "needs an `sslmode` that always encrypts"),
        ("host=h ssl_max_protocol_version=TLSv1.1", "no version of TLS is left"),
        ("host=h gssencmode=require", "does not support this value of `gssencmode`"),
        ("host=h requirepeer=postgres", "does not support this value of `requirepeer`"),
        ("host=h connect_timeout=soon", "`connect_timeout` is not a whole number"),
        ("postgres://u:hunter2Zq/x@h/d", "an `@` where none can be (percent-encode"),
        ("postgres://u:x@hunter2Zq@h/d", "an `@` where none can be"),
        ("postgres://u:a?b/hunter2Zq@h/d", "an `@` where none can be"),
        ("postgres://u:%hunter2Zq@h/d", "the URL's password has a `%` without two hexadecimal digits"),
        ("postgres://u:%00@h/d", "the URL's password has a NUL byte"),
        ("postgres://u:%ff@h/d", "the URL's password is not UTF-8"),
        ("postgres://h:hunter2Zq/d", "`port` is not a number"),
        ("postgres://[::1/d", "a `[` without its `]`"),
        ("postgres://[::1]x/d", "something else than `:` and a port after `]`"),
        ("postgres://h/d?hunter2Zq", "parameter 1 of the URL has no value"),
        ("mysql://u:hunter2Zq@h/d", "this URL is not PostgreSQL's"),
    ] {
        let found = refused(text);
        assert!(found.contains(expected), "{text}: {found}");
        assert!(!found.contains(SECRET), "{text}: {found}");
    }
}

#[test]
fn parameters_of_other_tools_are_a_warning() {
    let text = "postgres://h/d?schema=app&connection_limit=5&pgbouncer=true&sslmod=require&hunter2Zq=1";
    let target = parse(text, &[("USER", "me")]).expect("a URL");
    assert_eq!(target.schema_parameter(), Some("app"));
    assert_eq!(
        target.warnings(),
        [
            "`schema` in the URL is another tool's; it is not used",
            "`connection_limit` in the URL means nothing to seedbed; it is not used",
            "`pgbouncer` in the URL means nothing to seedbed; it is not used",
            "`sslmod` in the URL means nothing to seedbed; it is not used; did you mean `sslmode`?",
            "parameter 5 of the URL means nothing to seedbed; it is not used",
        ]
    );
}

#[test]
fn variables_come_after_strings_and_before_defaults() {
    let variables = [
        ("PGHOST", "vh"),
        ("PGPORT", "1"),
        ("PGUSER", "vu"),
        ("PGDATABASE", "vd"),
        ("PGPASSWORD", "vp"),
        ("PGAPPNAME", ""),
    ];
    assert_eq!(shown("postgres:", &variables), "postgresql://vu@vh:1/vd");
    assert_eq!(shown("postgresql://", &variables), "postgresql://vu@vh:1/vd");
    assert_eq!(shown("postgres:///d", &variables), "postgresql://vu@vh:1/d");
    assert_eq!(shown("postgres://h/d", &variables), "postgresql://vu@h:1/d");
    assert_eq!(shown("postgres://h,i/d", &variables), "postgresql://vu@h:5432,i:5432/d");
    assert_eq!(shown("host=h user=u", &variables), "postgresql://u@h:1/vd");
    assert_eq!(password(&parse("host=h", &variables).expect("a target")), Some("vp"));
    assert_eq!(password(&parse("postgres://u:p@h", &variables).expect("a target")), Some("p"));
    // An empty word asks for the default, whatever the variables say.
    assert_eq!(shown("host=h port='' dbname=''", &variables), "postgresql://vu@h:5432/vu");
    assert_eq!(parse("host=h", &variables).expect("a target").application_name, "seedbed");
    let named = parse("host=h application_name=x", &variables).expect("a target");
    assert_eq!(named.application_name, "x");
}

#[test]
fn database_url_counts_when_nothing_is_named() {
    let variables = [("DATABASE_URL", "postgres://u:p@h/d?schema=s"), ("PGHOST", "vh")];
    assert_eq!(shown("postgres:", &variables), "postgresql://u@h:5432/d");
    assert_eq!(shown("postgresql:", &variables), "postgresql://u@h:5432/d");
    assert_eq!(shown("postgres://", &variables), "postgresql://me@vh:5432/me");
    assert_eq!(shown("postgres:", &[("DATABASE_URL", " "), ("PGHOST", "vh")]), "postgresql://me@vh:5432/me");
    let error = parse("postgres:", &[("DATABASE_URL", "mysql://u:hunter2Zq@h")]).expect_err("not PostgreSQL");
    assert_eq!(error.to_string(), "`DATABASE_URL`: this URL is not PostgreSQL's");
}

#[test]
fn the_user_is_whoever_runs_this() {
    let user = |environment: &[_]| parse("host=h", environment).expect("a user").user().to_owned();
    assert_eq!(user(&[("USER", "a"), ("LOGNAME", "b")]), "a");
    assert_eq!(user(&[("USER", ""), ("LOGNAME", "b")]), "b");
    let id = std::process::Command::new("id").arg("-un").output().expect("id runs").stdout;
    assert_eq!(user(&[]), String::from_utf8(id).expect("a name").trim());
}

#[test]
fn without_a_host_a_socket_or_this_machine_is_taken() {
    let target = parse("dbname=d port=1", &[("USER", "me")]).expect("a target");
    // No server listens on port 1 of a socket.
    assert_eq!(target.display(), "postgresql://me@localhost:1/d");
    assert!(target.is_local());
}

#[test]
fn only_this_machine_is_local() {
    for text in
        ["host=/tmp", "host=localhost", "host=LOCALHOST", "host=127.3.2.1", "host=::1", "host=/a,127.0.0.1"]
    {
        assert!(parse(text, &[("USER", "me")]).expect(text).is_local(), "{text}");
    }
    for text in [
        "host=h",
        "host=localhost,h",
        "host=localhost.example",
        "host=128.0.0.1",
        "host=localhost hostaddr=10.0.0.1",
    ] {
        assert!(!parse(text, &[("USER", "me")]).expect(text).is_local(), "{text}");
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

#[test]
fn variables_that_hold_a_whole_string_are_not_repeated() {
    for (name, value) in [
        ("PGSERVICE", "host=h password=hunter2Zq"),
        ("PGSERVICE", "postgres://u:hunter2Zq@h/d"),
        ("PGSERVICE", "pwd=hunter2Zq"),
        ("PGHOST", "host=h password=hunter2Zq"),
        ("PGHOST", "postgres://u:hunter2Zq@h/d"),
        ("PGDATABASE", "postgres://u:hunter2Zq@h/d"),
    ] {
        let error = parse("postgres:", &[(name, value), ("USER", "me")]).expect_err(value);
        let said = format!("{error} {:?}", error.hint());
        assert!(said.contains(&format!("`{name}`")) && !said.contains(SECRET), "{said}");
    }
}

#[test]
fn password_files_give_the_first_line_that_fits() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join(".pgpass");
    let lines = "# h:5432:d:u:comment\n\nno line\nh:5432:d:u:one\nh:*:*:u:two\r\n\
                 a\\:b:*:*:*:th\\:r\\\\ee:rest\nlocalhost:*:*:s:socket\n/run/pg:*:*:s:folder\n::1:*:*:*:wrong\n\\:\\:1:*:*:*:six\n";
    write(&path, lines, 0o600);
    let home = home.path().display().to_string();
    let found = |text: &str| {
        let target = parse(text, &[("HOME", &home), ("USER", "me")]).expect(text);
        assert_eq!(target.warnings(), [""; 0]);
        password(&target).map(str::to_owned)
    };
    assert_eq!(found("postgres://u@h/d").as_deref(), Some("one"));
    assert_eq!(found("postgres://u@h/e").as_deref(), Some("two"));
    assert_eq!(found("postgres://u@h:1/d").as_deref(), Some("two"));
    assert_eq!(found("postgres://v@h/d"), None);
    assert_eq!(found("host=a:b").as_deref(), Some("th:r\\ee"));
    assert_eq!(found("host=/tmp user=s").as_deref(), Some("socket"));
    assert_eq!(found("host=/var/run/postgresql user=s").as_deref(), Some("socket"));
    assert_eq!(found("host=/run/pg user=s").as_deref(), Some("folder"));
    assert_eq!(found("host=::1").as_deref(), Some("six"));
    assert_eq!(found("host=h hostaddr=127.0.0.1 user=u dbname=d").as_deref(), Some("one"));
    // A password that is said is not looked up, and each host has its own.
    assert_eq!(found("postgres://u:p@h/d").as_deref(), Some("p"));
    let two = parse("postgres://u@h,i/d", &[("HOME", &home)]).expect("two hosts");
    assert!(two.places[0].password.is_some() && two.places[1].password.is_none());
}

#[test]
fn password_files_that_others_can_read_are_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("passwords");
    let name = path.display().to_string();
    write(&path, "*:*:*:*:hunter2Zq\n", 0o640);
    let target = parse("host=h", &[("PGPASSFILE", &name), ("USER", "me")]).expect("a target");
    assert_eq!(password(&target), None);
    assert_eq!(target.warnings().len(), 1);
    assert!(target.warnings()[0].contains("its permissions should be 0600"), "{:?}", target.warnings());
    write(&path, "*:*:*:*:hunter2Zq\n", 0o400);
    let target = parse(&format!("host=h passfile={name}"), &[("USER", "me")]).expect("a target");
    assert_eq!(password(&target), Some(SECRET));
    let folder = folder.path().display().to_string();
    let target = parse("host=h", &[("PGPASSFILE", &folder), ("USER", "me")]).expect("a target");
    assert!(target.warnings()[0].contains("not a plain file"));
}

#[test]
fn services_come_between_strings_and_variables() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join(".pg_service.conf");
    let text = "# services\n[other]\nhost=x\n\n[mine]\n host=sh \nport=7\nport=8\n# comment\ndbname=sd\n[mine]\nuser=late\n[bad]\nhots=x\n";
    write(&path, text, 0o644);
    let home = home.path().display().to_string();
    let variables = [("HOME", &*home), ("PGHOST", "vh"), ("PGUSER", "vu")];
    assert_eq!(shown("service=mine", &variables), "postgresql://vu@sh:7/sd");
    assert_eq!(shown("postgres://h/?service=mine", &variables), "postgresql://vu@h:7/sd");
    assert_eq!(
        shown("postgres:", &[&variables[..], &[("PGSERVICE", "mine")]].concat()),
        "postgresql://vu@sh:7/sd"
    );
    let file = path.display().to_string();
    assert_eq!(shown("service=other", &[("PGSERVICEFILE", &file)]), "postgresql://me@x:5432/me");
    let shared = Path::new(&home).join("shared");
    fs::create_dir(&shared).expect("a folder");
    write(&shared.join("pg_service.conf"), "[theirs]\nhost=th\n", 0o644);
    let shared = shared.display().to_string();
    assert_eq!(
        shown("service=theirs", &[("HOME", &home), ("PGSYSCONFDIR", &shared)]),
        "postgresql://me@th:5432/me"
    );

    let fails = |text: &str, environment: &[_]| parse(text, environment).expect_err(text).to_string();
    assert_eq!(fails("service=none", &variables), "there is no service `none`");
    let bad = fails("service=bad", &variables);
    assert!(bad.contains(".pg_service.conf`, line 14: the word before `=` is unknown"), "{bad}");
    assert!(
        fails("service=mine", &[("PGSERVICEFILE", "/nowhere/file")]).contains("cannot read `/nowhere/file`")
    );
}

#[test]
fn sockets_are_asked_for_by_any_kind_of_setting_but_abstract_ones() {
    assert!(refused("host=@abstract").contains("`host` has an `@`"));
}

/// All that a target or an error says.
fn output(result: &Result<Target, Error>) -> String {
    match result {
        Ok(target) => format!("{target} {target:?} {} {:?}", target.display(), target.warnings()),
        Err(error) => format!("{error} {error:?} {:?}", error.hint()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", variable in "\\PC*") {
        let _ = Target::is_target(&text);
        let environment = [("USER", "me"), ("PGPORT", &*variable), ("DATABASE_URL", &*variable)];
        let _ = parse(&text, &environment);
        let _ = parse(&format!("postgres://{text}"), &environment);
        let _ = parse(&format!("host=h {text}"), &environment);
        let _ = parse("postgres:", &environment);
    }

    /// Passwords as people paste them, with what ought to be escaped left as it is.
    #[test]
    fn no_output_holds_a_password(
        before in "[ -~]{0,4}", after in "[ -~]{0,4}",
        user in "[a-z]{1,3}", rest in "[a-z/?&=:,%@\\[\\]]{0,8}",
    ) {
        let password = format!("{before}{SECRET}{after}");
        let environment = [("USER", "me"), ("PGPASSWORD", &*password)];
        for text in [
            format!("postgres://{user}:{password}@h/{rest}"),
            format!("postgres://{user}:{password}@{rest}"),
            format!("postgres://h/d?password={password}&{rest}"),
            format!("host=h password={password} user={user}"),
            format!("host=h password='{password}' user={rest}"),
            format!("host=h user={rest} password={password}"),
        ] {
            let said = output(&parse(&text, &environment));
            prop_assert!(!said.contains(SECRET), "{text}: {said}");
        }
    }

    /// A password that is written as it should be arrives as it is.
    #[test]
    fn passwords_arrive(word in "\\PC{1,12}") {
        let escaped: String = word.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let url = parse(&format!("postgres://u:{escaped}@h/d"), &[]).expect("a URL");
        prop_assert_eq!(password(&url), Some(&*word));
        let quoted = word.replace('\\', "\\\\").replace('\'', "\\'");
        let words = parse(&format!("host=h user=u password='{quoted}'"), &[]).expect("words");
        prop_assert_eq!(password(&words), Some(&*word));
    }
}
