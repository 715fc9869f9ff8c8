/**
 * SQL, by the parser of its dialect: PostgreSQL's own and SQLite's own in their WebAssembly builds, and Apache
 * DataFusion's sqlparser for the others. Only the grammar is checked, since the tables are not known.
 */
import { ok } from '../../core/result.js';
import { judged, RESULT_WITH_MESSAGES } from '../messages.js';
import { load, type CheckedLanguage } from './language.js';

/** The mistake of the code in one line; `undefined` when it parses. */
type Parse = (code: string) => Promise<string | undefined>;

const dialect = (name: string, parse: Parse): CheckedLanguage => ({
  package: name,
  result: RESULT_WITH_MESSAGES,
  async check(code) {
    const mistake = code.trim() === '' ? undefined : await parse(code);
    return ok(judged([...(mistake === undefined ? [] : [`PRS: ${mistake}`]), ...withoutScale(code)]));
  },
});

/** A rule of Data Designer: `DECIMAL(10)` has no digits behind the point, which is seldom meant. */
function withoutScale(code: string): readonly string[] {
  const found = /DECIMAL\(\d+\)/.exec(code)?.[0];
  return found === undefined
    ? []
    : [`DECIMAL: ${found} has no scale; write DECIMAL(10, 2) or an integer type`];
}

const DATAFUSION = '@guanmingchiu/sqlparser-ts';

type DataFusionName = Parameters<typeof import('@guanmingchiu/sqlparser-ts').parse>[1];

const dataFusion =
  (name: DataFusionName, batches: (code: string) => readonly string[] = (code) => [code]): Parse =>
  async (code) => {
    const { init, parse } = load(DATAFUSION) as typeof import('@guanmingchiu/sqlparser-ts');
    await init();
    for (const batch of batches(code)) {
      const mistake = messageOf(() => parse(batch, name));
      if (mistake !== undefined) return mistake;
    }
    return undefined;
  };

/** `GO` on a line of its own ends a batch for the tools of SQL Server. */
const tsqlBatches = (code: string): readonly string[] =>
  code.split(/^[ \t]*GO(?:[ \t]+\d+)?[ \t]*;?[ \t]*\r?$/im);

async function parsePostgres(code: string): Promise<string | undefined> {
  const { loadModule, parseSync } = load('libpg-query') as typeof import('libpg-query');
  await loadModule();
  return messageOf(
    () => parseSync(code),
    (error) => {
      const { cursorPosition } = (error as { readonly sqlDetails?: { readonly cursorPosition: number } })
        .sqlDetails ?? { cursorPosition: -1 };
      return cursorPosition < 0 ? '' : placeOf(code, cursorPosition);
    },
  );
}

function messageOf(parse: () => unknown, place: (error: Error) => string = () => ''): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    // What sql.js throws for a comment.
    if (error === 'Nothing to prepare') return undefined;
    if (!(error instanceof Error)) throw error;
    if (error instanceof RangeError) return 'the code is nested too deep';
    const message = error.message
      .replaceAll(/\s+/g, ' ')
      .replace(/^sql parser error: /, '')
      .replace(/at Line: (\d+), Column: (\d+)/, 'at line $1, column $2');
    return `${message}${place(error)}`;
  }
}

function placeOf(code: string, offset: number): string {
  const before = code.slice(0, offset).split('\n');
  return ` at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

interface Sqlite {
  readonly Database: new () => { prepare(sql: string): { free(): unknown }; close(): void };
}

let sqlite: Promise<Sqlite> | undefined;

/**
 * SQLite compiles a statement against its tables, and there are none here: only errors of the grammar count. It does
 * not say where a statement ends that it refuses, so the text up to each `;` is tried until it is complete.
 */
async function parseSqlite(code: string): Promise<string | undefined> {
  sqlite ??= (load('sql.js') as () => Promise<Sqlite>)();
  const database = new (await sqlite).Database();
  try {
    for (let start = 0; start < code.length;) {
      let end = start;
      let mistake: string | undefined;
      do {
        end = code.indexOf(';', end) + 1 || code.length;
        mistake = messageOf(() => database.prepare(code.slice(start, end)).free());
      } while (
        end < code.length &&
        mistake !== undefined &&
        /incomplete input|unrecognized token/.test(mistake)
      );
      if (mistake !== undefined && ofGrammar.test(mistake)) return mistake;
      start = end;
    }
    return undefined;
  } finally {
    database.close();
  }
}

const ofGrammar =
  /syntax error|incomplete input|unrecognized token|parser stack overflow|Recursion limit|too large/;

export const SQL_DIALECTS: Readonly<Record<string, CheckedLanguage>> = {
  'sql:ansi': dialect(DATAFUSION, dataFusion('ansi')),
  'sql:bigquery': dialect(DATAFUSION, dataFusion('bigquery')),
  'sql:mysql': dialect(DATAFUSION, dataFusion('mysql')),
  'sql:postgres': dialect('libpg-query', parsePostgres),
  'sql:sqlite': dialect('sql.js', parseSqlite),
  'sql:tsql': dialect(DATAFUSION, dataFusion('mssql', tsqlBatches)),
};
