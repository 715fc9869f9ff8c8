import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { missingPackage } from '../../src/validators/code/language.js';
import { VALIDATOR_TYPES } from '../../src/validators/registry.js';
import type { ColumnValidator } from '../../src/validators/types.js';

function validatorFor(code_lang: string): ColumnValidator {
  const prepared = VALIDATOR_TYPES.get('code')?.prepare(
    { code_lang },
    (problem) => expect(problem).toBeUndefined(),
    { name: 'check', targets: ['c'], batchSize: 10 },
  );
  if (prepared?.checks !== 'column') throw new Error('code checks columns');
  return prepared;
}

async function check(code_lang: string, code: Json): Promise<JsonObject> {
  const result = await validatorFor(code_lang).validate(code);
  return result.ok ? result.value : { failed: result.error.message };
}

interface PythonCase {
  readonly code: string;
  readonly result: JsonObject;
}

/** Recorded with the command line of ruff 0.17.6 and the statements of Python 3.11's `ast`. */
const pythonCases = JSON.parse(
  readFileSync(new URL('python-cases.json', import.meta.url), 'utf8'),
) as readonly PythonCase[];

describe('Python', () => {
  it.each(pythonCases.map(({ code, result }) => [code, result] as const))(
    'of %j has the result of ruff and the score of pylint',
    async (code, result) => {
      expect(await check('python', code)).toEqual(result);
    },
  );

  it('that is nested too deep is not valid, and the next code is checked', async () => {
    expect(await check('python', `x = ${'('.repeat(20_000)}`)).toMatchObject({
      is_valid: false,
      python_linter_score: 0,
      python_linter_severity: 'fatal',
    });
    expect(await check('python', 'x = 1\n')).toMatchObject({ is_valid: true, python_linter_score: 10 });
  });

  it('is text', async () => {
    expect(await check('python', { a: 1 })).toEqual({ failed: 'it is object, not text' });
  });
});

const valid: Readonly<Record<string, readonly string[]>> = {
  ansi: [
    'SELECT 4 FROM t',
    '-- two\nSELECT 1;\nSELECT 2;',
    'WITH x AS (SELECT id, SUM(v) AS s FROM t GROUP BY id) SELECT * FROM x JOIN y ON x.id = y.id',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL(10, 2) NOT NULL)',
    '',
  ],
  postgres: [
    "SELECT a::text, now() - interval '1 day' FROM t WHERE data->>'k' = 'v' LIMIT 5",
    'INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = EXCLUDED.a RETURNING id',
    "DO $$ BEGIN RAISE NOTICE 'x'; END $$",
  ],
  mysql: [
    'SELECT `a`, IFNULL(b, 0) FROM `t` LIMIT 5, 10',
    "SELECT GROUP_CONCAT(a ORDER BY b SEPARATOR ', ') FROM t GROUP BY c",
  ],
  tsql: [
    'SELECT TOP 10 [a b] FROM dbo.t WITH (NOLOCK)',
    'SELECT a FROM t\nGO\nSELECT b FROM t\ngo 2\n',
    'SELECT * FROM t PIVOT (SUM(v) FOR m IN ([a],[b])) AS p',
  ],
  bigquery: [
    'SELECT * EXCEPT (a) FROM `p.d.t`, UNNEST(items) AS x WITH OFFSET AS o',
    'SELECT a FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY b ORDER BY c) = 1',
  ],
  sqlite: [
    "SELECT a FROM nowhere WHERE a GLOB 'x;*' -- no such table here;\n",
    'CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID; INSERT OR REPLACE INTO t VALUES (1); PRAGMA table_info(t)',
    'CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = 1; DELETE FROM u; END; SELECT 1',
    '-- nothing',
  ],
};

const invalid = [
  'SELEC 1 FROM t',
  'SELECT a b c FROM t',
  'SELECT * FROM (SELECT 1',
  'SELECT a FROM t WHERE',
  'INSERT INTO t VALUES (1,',
  'CREATE TABLE t (id INTEGER,, b INTEGER)',
  'This query selects all.',
  "SELECT 'abc FROM t",
  'SELECT 1; SELECT (a + b FROM t',
  `SELECT ${'('.repeat(20_000)}`,
];

describe('SQL', () => {
  const dialects = Object.keys(valid);
  const both = (dialect: string): readonly string[] => [...(valid['ansi'] ?? []), ...(valid[dialect] ?? [])];

  it.each(dialects.flatMap((dialect) => both(dialect).map((sql) => [dialect, sql] as const)))(
    'of %s is valid: %j',
    async (dialect, sql) => {
      expect(await check(`sql:${dialect}`, sql)).toEqual({ is_valid: true, error_messages: '' });
    },
  );

  it.each(dialects.flatMap((dialect) => invalid.map((sql) => [dialect, sql.slice(0, 100), sql] as const)))(
    'of %s is not valid: %j',
    async (dialect, _shown, sql) => {
      expect(await check(`sql:${dialect}`, sql)).toEqual({
        is_valid: false,
        error_messages: expect.stringMatching(/^PRS: .+$/),
      });
    },
  );

  it('says where it is wrong', async () => {
    expect(await check('sql:postgres', 'SELECT a\nFROM t WHERE (')).toEqual({
      is_valid: false,
      error_messages: 'PRS: syntax error at end of input at line 2, column 15',
    });
    expect(await check('sql:mysql', 'SELEC 1')).toEqual({
      is_valid: false,
      error_messages: 'PRS: Expected: an SQL statement, found: SELEC at line 1, column 1',
    });
  });

  it.each(dialects)('of %s has a scale for each DECIMAL', async (dialect) => {
    expect(await check(`sql:${dialect}`, 'CREATE TABLE t (a DECIMAL(10))')).toEqual({
      is_valid: false,
      error_messages: 'DECIMAL: DECIMAL(10) has no scale; write DECIMAL(10, 2) or an integer type',
    });
  });
});

describe('JavaScript and TypeScript', () => {
  it.each([
    ['javascript', 'await fetch("x"); export const a = <b/>;'],
    ['javascript', 'with (a) { b }'],
    ['javascript', '#!/usr/bin/env node\nx ??= y?.z'],
    ['typescript', 'const x = <string>y;'],
    ['typescript', 'const C = <T,>(p: T) => <div/>;'],
    ['typescript', 'enum A { x }\nabstract class C<T extends A = A> { constructor(private y: T) {} }'],
  ])('of %s is valid: %j', async (language, code) => {
    expect(await check(language, code)).toEqual({ is_valid: true, error_messages: '' });
  });

  it.each([
    ['javascript', 'const a = ;', 'Unexpected token at line 1, column 11'],
    ['javascript', 'let a;\nlet a;', "Identifier 'a' has already been declared at line 2, column 5"],
    ['javascript', 'const a: number = 8;', 'Missing initializer in const declaration at line 1, column 8'],
    ['javascript', '('.repeat(20_000), 'the code is nested too deep'],
    ['typescript', 'let a: = 3', 'Unexpected token at line 1, column 8'],
  ])('of %s is not valid: %j', async (language, code, message) => {
    expect(await check(language, code)).toEqual({
      is_valid: false,
      error_messages: `SyntaxError: ${message}`,
    });
  });
});

describe('a package that checks code', () => {
  it('is named with the command that installs it when it is missing', () => {
    expect(missingPackage('no-such-package')).toBe('npm install no-such-package');
    expect(missingPackage('sql.js')).toBeUndefined();
  });
});
