//! SQL statements that are not read as rows: passed over where they are known to add none, else named.

use super::rows::shown;
use super::sql_lexer::{Lexer, Token};
use super::sql_names::{is_in, is_one_of};
use super::sql_tables::Tables;
use super::table_names::{begins_rows, hides_statement};
use crate::error::Result;

/// How many tokens of a statement are kept, and how much of each.
const KEPT: usize = 64;
const KEPT_BYTES: usize = 200;

/// The words that statements and commands of clients begin with.
const STATEMENTS: &str = "ABORT ALTER ANALYSE ANALYZE AUTOCOMMIT BEGIN BULK CALL CHANGE CHECK CHECKPOINT \
    CHECKSUM CLOSE CLUSTER COMMENT COMMIT CONNECT COPY CREATE DEALLOCATE DECLARE DELETE DELIMITER DESC \
    DESCRIBE DISCARD DISCONNECT DO DROP END EXEC EXECUTE EXPLAIN FETCH FLUSH GO GRANT HANDLER IF IMPORT \
    INSERT INSTALL KILL LISTEN LOAD LOCK MERGE MOVE NOTIFY OPTIMIZE PRAGMA PREPARE PRINT PURGE REASSIGN \
    REFRESH REINDEX RELEASE RENAME REPAIR REPLACE RESET REVOKE ROLLBACK RUN SAVE SAVEPOINT SECURITY \
    SELECT SET SHOW SIGNAL SOURCE START STOP TABLE TRUNCATE UNINSTALL UNLISTEN UNLOCK UPDATE UPSERT USE \
    VACUUM VALUES WAITFOR WITH XA";

/// Statements that change nothing in a table that they name.
const HARMLESS: &str = "ANALYSE ANALYZE CHECK CHECKSUM CLUSTER COMMENT DESC DESCRIBE DROP GRANT LOCK OPTIMIZE \
    PRAGMA PRINT REFRESH REINDEX REPAIR REVOKE SECURITY SHOW UNLOCK VACUUM";

/// What of ALTER TABLE leaves a table's rows, its name and its columns as they are.
const HARMLESS_CHANGES: &str = "ALTER ATTACH AUTO_INCREMENT CHECK CLUSTER COMMENT CONVERT DEFAULT DISABLE \
    ENABLE ENGINE FORCE MODIFY NO NOT ORDER OWNER REBUILD REPLICA RESET ROW_FORMAT SET VALIDATE WITH";

/// What may be added to a table, or dropped of it, that is no column.
const NO_COLUMNS: &str =
    "CHECK CONSTRAINT DEFAULT EXCLUDE FOREIGN FULLTEXT INDEX KEY PRIMARY SPATIAL UNIQUE";

/// How much tells what follows a word.
const SHORT: usize = 16;

/// Whether what follows INSERT, REPLACE or COPY shows that it begins no statement: `GRANT SELECT, INSERT ON …`, the call of
/// a function.
fn is_of_another(rest: &[u8]) -> bool {
    let next = rest.trim_ascii_start();
    next.get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"on "))
        || next.starts_with(b",")
        || next.starts_with(b"(")
}

/// Whether the token that was read last begins a line that fills a table of Druid's. A stray line has no end of its own,
/// and the statement behind it must not go with it.
pub(super) fn runs_into_rows(lexer: &mut Lexer, token: Token, text: &[u8]) -> Result<bool> {
    if token != Token::Word
        || !lexer.is_first_in_line()
        || !is_one_of(text, &["INSERT", "REPLACE", "COPY"])
    {
        return Ok(false);
    }
    let rest = lexer.source.look(400)?;
    let rest = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(!is_of_another(rest) && begins_rows(&[text, rest].concat()))
}

/// Whether a statement may begin with `word`.
pub(super) fn begins_statement(word: &[u8]) -> bool {
    is_in(word, STATEMENTS)
}

/// A token of a statement, and the beginning of its text.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub token: Token,
    pub text: String,
}

impl Piece {
    pub fn new(token: Token, text: &[u8]) -> Self {
        let text = text.get(..KEPT_BYTES).unwrap_or(text);
        Self { token, text: String::from_utf8_lossy(text).into_owned() }
    }

    pub fn is(&self, word: &str) -> bool {
        self.token == Token::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub fn is_any(&self, words: &[&str]) -> bool {
        self.token == Token::Word && is_one_of(self.text.as_bytes(), words)
    }
}

/// A statement that is read to its end.
#[derive(Debug)]
pub(super) struct Statement {
    /// The line that it begins on.
    pub line: u64,
    /// Its first tokens.
    pub pieces: Vec<Piece>,
    /// The table of Druid's that it names.
    pub names: Option<String>,
    /// Within it a statement begins that adds rows to such a table.
    pub swallows: bool,
    /// Within it a statement begins that says how others are to be read.
    swallowed: Option<String>,
    /// The values of its first row, `VALUES (…)`; 0 where it has none.
    pub values: usize,
    /// Whether it has an end; the file's does not count.
    pub is_ended: bool,
}

impl Statement {
    /// Reads the rest of a statement that begins with `pieces`. In the body of a function or trigger there may be any
    /// statement.
    pub fn read(
        lexer: &mut Lexer,
        tables: &Tables,
        line: u64,
        pieces: Vec<Piece>,
        is_body: bool,
    ) -> Result<Self> {
        let mut statement = Self {
            line,
            pieces,
            names: None,
            swallows: false,
            swallowed: None,
            values: 0,
            is_ended: true,
        };
        let (mut before, mut lead) = (None, None);
        for piece in statement.pieces.clone() {
            follow(&mut lead, before.as_ref(), &piece);
            statement.look(tables, lead.as_ref(), &piece, piece.text.as_bytes());
            before = Some(piece);
        }
        let (mut text, mut depth, mut in_first_row) = (Vec::new(), 0_u32, false);
        loop {
            text.clear();
            let token = lexer.token(&mut text)?;
            let piece = Piece::new(token, &text);
            match token {
                Token::Stop => break,
                Token::End => {
                    statement.is_ended = false;
                    break;
                }
                Token::Symbol(b'(') => {
                    depth += 1;
                    let opens_row =
                        before.as_ref().is_some_and(|word| word.is_any(&["VALUES", "VALUE"]));
                    if depth == 1 && statement.values == 0 && opens_row {
                        statement.values = 1;
                        in_first_row = true;
                    }
                }
                Token::Symbol(b')') => {
                    depth = depth.saturating_sub(1);
                    in_first_row &= depth > 0;
                }
                Token::Symbol(b',') if in_first_row && depth == 1 => statement.values += 1,
                Token::Word
                    if !is_body
                        && before.is_some()
                        && !lexer.is_sql_server()
                        && !statement.may_hold_rows()
                        && runs_into_rows(lexer, token, &text)? =>
                {
                    lexer.push_back(token, &text);
                    statement.swallowed = Some(piece.text);
                    break;
                }
                Token::Word | Token::Symbol(b'\\')
                    if depth == 0 && lexer.is_first_in_line() && before.is_some() =>
                {
                    let adds_rows = piece.is_any(&["INSERT", "REPLACE", "COPY"])
                        && !is_of_another(lexer.source.look(SHORT)?);
                    let says_how = statement.is_begun_by(&piece);
                    // SQL Server's statements need no semicolon between them.
                    if (adds_rows || says_how) && lexer.is_sql_server() && token == Token::Word {
                        lexer.push_back(token, &text);
                        break;
                    }
                    statement.swallows |= adds_rows;
                    if says_how && !is_body {
                        let word = if text.is_empty() { "\\" } else { piece.text.as_str() };
                        statement.swallowed.get_or_insert_with(|| word.to_owned());
                    }
                }
                _ => {}
            }
            follow(&mut lead, before.as_ref(), &piece);
            statement.look(tables, lead.as_ref(), &piece, &text);
            if statement.pieces.len() < KEPT {
                statement.pieces.push(piece.clone());
            }
            before = Some(piece);
        }
        statement.swallows &= !is_body && statement.names.is_some();
        Ok(statement)
    }

    /// Whether another statement that adds rows may belong to it.
    fn may_hold_rows(&self) -> bool {
        match self.verb().to_ascii_uppercase().as_str() {
            "WITH" | "PREPARE" => self.has("AS") || self.has("FROM"),
            "DECLARE" | "EXEC" | "EXECUTE" | "EXPLAIN" | "MERGE" => true,
            _ => false,
        }
    }

    /// Whether a word that begins a line within it begins a statement of its own that says how others are to be read.
    fn is_begun_by(&self, piece: &Piece) -> bool {
        let is_verb = |words: &str| is_in(self.verb().as_bytes(), words);
        match piece.token {
            Token::Symbol(_) => true,
            _ if piece.is("USE") => true,
            _ if piece.is("SET") => !is_verb("UPDATE INSERT REPLACE MERGE ALTER CREATE LOAD"),
            _ => piece.is("CREATE") && !is_verb("CREATE EXPLAIN"),
        }
    }

    fn look(&mut self, tables: &Tables, lead: Option<&Piece>, piece: &Piece, text: &[u8]) {
        match piece.token {
            Token::Word | Token::Name => {
                let is_likely = || {
                    let leads = "INTO TABLE UPDATE INSERT REPLACE COPY ONLY EXISTS TO";
                    lead.is_some_and(|word| is_in(word.text.as_bytes(), leads))
                        && tables.may_be_named(&piece.text)
                };
                if !tables.is_named(&piece.text) && !is_likely() {
                    return;
                }
                self.names.get_or_insert_with(|| piece.text.clone());
                self.swallows |=
                    lead.is_some_and(|word| word.is_any(&["INTO", "COPY", "INSERT", "REPLACE"]));
            }
            Token::Text => {
                if let Some(name) = tables.named_in(text) {
                    self.names.get_or_insert(name);
                    self.swallows |= hides_statement(text);
                }
            }
            _ => {}
        }
    }

    /// Whether no other statement begins within it.
    pub fn is_clean(&self) -> bool {
        !self.swallows && self.swallowed.is_none()
    }

    /// Its first word.
    pub fn verb(&self) -> &str {
        self.pieces.first().map_or("", |piece| piece.text.as_str())
    }

    /// Whether its word at `place` is `word`.
    pub fn has_at(&self, place: usize, word: &str) -> bool {
        self.pieces.get(place).is_some_and(|piece| piece.is(word))
    }

    /// Whether one of its first words is `word`.
    pub fn has(&self, word: &str) -> bool {
        self.pieces.iter().any(|piece| piece.is(word))
    }

    /// Why it cannot be passed over; `None` when it can.
    pub fn fault(&self) -> Option<String> {
        let verb = self.verb().to_ascii_uppercase();
        if let Some(word) = &self.swallowed {
            return Some(format!(
                "is {verb}, and before its end a line begins with {}; give it its semicolon, or delete it if it is no statement",
                shown(word.as_bytes())
            ));
        }
        let name = self.names.as_ref()?;
        if self.swallows {
            return Some(format!(
                "is {verb}, and before its end a statement begins that adds rows to {name}; give it \
                 its semicolon, or delete it if it is no statement"
            ));
        }
        let is_harmless = match verb.as_str() {
            "ALTER" => self.alters_harmlessly(),
            "SELECT" => self.has_at(1, "pg_catalog") || self.has("pg_catalog"),
            "SET" => self.has_at(1, "IDENTITY_INSERT"),
            "CREATE" => !(self.has("SYNONYM") || self.has("VIEW") && self.makes(name)),
            verb => is_in(verb.as_bytes(), HARMLESS),
        };
        (!is_harmless).then(|| {
            format!(
                "is {verb} with {name}, which is not read; rows are read of INSERT … VALUES and of \
                 COPY … FROM stdin"
            )
        })
    }

    /// Whether the first table that it names after its kind is `name`.
    fn makes(&self, name: &str) -> bool {
        let names = self.pieces.iter().filter(|piece| {
            matches!(piece.token, Token::Word | Token::Name) && !piece.is_any(&["AS", "SELECT"])
        });
        let view = names.skip_while(|piece| !piece.is("VIEW")).skip(1);
        view.take_while(|piece| !piece.is("FROM")).any(|piece| piece.text == name)
            && self.pieces.iter().position(|piece| piece.text == name)
                < self.pieces.iter().position(|piece| piece.is("AS"))
    }

    fn alters_harmlessly(&self) -> bool {
        if !self.pieces.iter().take(3).any(|piece| piece.is("TABLE")) {
            return true;
        }
        // The name, with what may stand around it: ALTER FOREIGN TABLE IF EXISTS ONLY a.b *
        let mut rest = self.pieces.iter().skip_while(|piece| !piece.is("TABLE")).skip(1).peekable();
        while rest.next_if(|piece| piece.is_any(&["IF", "EXISTS", "ONLY"])).is_some() {}
        rest.next();
        while rest.next_if(|piece| piece.token == Token::Symbol(b'.')).is_some() {
            rest.next();
        }
        rest.next_if(|piece| piece.token == Token::Symbol(b'*'));
        // Each change that is parted from the next by a comma outside of parentheses.
        let (mut depth, mut begins, mut adds) = (0_i32, true, false);
        for piece in rest {
            match piece.token {
                Token::Symbol(b'(') => depth += 1,
                Token::Symbol(b')') => depth -= 1,
                Token::Symbol(b',') if depth == 0 => {
                    begins = true;
                    continue;
                }
                _ if adds && depth == 0 => {
                    if !is_in(piece.text.as_bytes(), NO_COLUMNS) {
                        return false;
                    }
                    adds = false;
                }
                _ if begins && depth == 0 => {
                    adds = piece.is_any(&["ADD", "DROP"]);
                    if !adds && !is_in(piece.text.as_bytes(), HARMLESS_CHANGES) {
                        return false;
                    }
                }
                _ => {}
            }
            begins = false;
        }
        !self.has("RENAME") && !self.has("SWITCH")
    }
}

/// Keeps in `lead` what stands before a name, which may have its schema before it: `INTO public.druid_segments`.
fn follow(lead: &mut Option<Piece>, before: Option<&Piece>, piece: &Piece) {
    let dot = Token::Symbol(b'.');
    if piece.token != dot && before.is_none_or(|before| before.token != dot) {
        *lead = before.cloned();
    }
}
