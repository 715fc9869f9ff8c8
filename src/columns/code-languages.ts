/** A language of `llm-code`. */
export interface CodeLanguage {
  /** What the prompt calls it. */
  readonly label: string;
  /** The tag of its fences, as the prompt asks for it. */
  readonly tag: string;
  /** Other tags that models write for it. */
  readonly aliases: readonly string[];
  /** The least code that is valid and has a text in it, for dry runs. `%` is the text. */
  readonly example: string;
}

const sql = (label: string, ...aliases: readonly string[]): CodeLanguage => ({
  label: `SQL (${label})`,
  tag: 'sql',
  aliases,
  example: "SELECT '%' AS answer;",
});

const like =
  (example: string) =>
  (label: string, tag: string, ...aliases: readonly string[]): CodeLanguage => ({
    label,
    tag,
    aliases,
    example,
  });

const commented = like('// %');
const printed = like('print("%")');

/** The languages of Data Designer, by `code_lang`. */
export const CODE_LANGUAGES: Readonly<Record<string, CodeLanguage>> = {
  bash: like('echo "%"')('Bash', 'bash', 'sh', 'shell', 'zsh', 'shellscript'),
  c: commented('C', 'c', 'h'),
  cobol: like('      * %')('COBOL', 'cobol', 'cob', 'cbl'),
  cpp: commented('C++', 'cpp', 'c++', 'cxx', 'cc', 'hpp'),
  csharp: commented('C#', 'csharp', 'c#', 'cs'),
  go: commented('Go', 'go', 'golang'),
  java: commented('Java', 'java'),
  javascript: commented('JavaScript', 'javascript', 'js', 'jsx', 'mjs', 'cjs', 'node', 'ecmascript'),
  kotlin: commented('Kotlin', 'kotlin', 'kt', 'kts'),
  python: printed('Python', 'python', 'py', 'python3', 'py3', 'python2'),
  ruby: like('puts "%"')('Ruby', 'ruby', 'rb'),
  rust: commented('Rust', 'rust', 'rs'),
  scala: commented('Scala', 'scala', 'scala3'),
  swift: printed('Swift', 'swift'),
  typescript: commented('TypeScript', 'typescript', 'ts', 'tsx', 'mts', 'cts'),
  'sql:ansi': sql('ANSI', 'ansi', 'ansi-sql'),
  'sql:bigquery': sql('Google BigQuery', 'bigquery', 'googlesql', 'bq'),
  'sql:mysql': sql('MySQL', 'mysql', 'mariadb'),
  'sql:postgres': sql('PostgreSQL', 'postgres', 'postgresql', 'pgsql', 'psql', 'plpgsql'),
  'sql:sqlite': sql('SQLite', 'sqlite', 'sqlite3'),
  'sql:tsql': sql('Transact-SQL of SQL Server', 'tsql', 't-sql', 'transact-sql', 'mssql', 'sqlserver'),
};
