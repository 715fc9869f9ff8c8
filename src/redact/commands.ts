/** Passwords as arguments of commands, in lines of `.pgpass` and `.netrc`, and in SQL. */
import { isPlaceholder } from './judgement.js';
import { endOf, matchAt } from './sticky.js';
import type { Finding, Rule } from './types.js';

/** An argument: quoted, or a word. */
const ARGUMENT = String.raw`(?:'([^'\n]{3,512})'|\\{0,15}"([^"\\\n]{3,512})\\{0,15}"|([^\s"'\\|;&<>()\x60]{3,512}))`;
/** A character of the same command: of its line, or of lines that a backslash continues (`\\\n` in JSON text). */
const CHARACTER = String.raw`(?:[^\n|;&\\"]|"(?!\s{0,8}[,}\]:])|\\{1,15}(?![nr\\\n])|\\\r?\n|\\{3,15}(?:r\\{1,15})?n)`;
const BEFORE = String.raw`(?:${CHARACTER}{0,400}?[ \t])??`;

/** Programs, and the option that takes a password: apart from it, or attached. */
const PROGRAMS: readonly (readonly [programs: readonly string[], options: string])[] = [
  [['mysql', 'mariadb', 'mysqldump', 'mysqladmin', 'mysqlimport'], '-p'],
  [
    [
      'docker login',
      'podman login',
      'nerdctl login',
      'buildah login',
      'crane auth login',
      'registry login',
      'acr login',
      'oras login',
    ],
    '-p[ \\t]*',
  ],
  [
    [
      'az login',
      'oc login',
      'snowsql',
      'mongodump',
      'mongorestore',
      'mongosh',
      'mongo ',
      'cqlsh',
      'influx ',
      'sshpass',
    ],
    '-p[ \\t]*',
  ],
  [['redis-cli'], '(?:-a|--pass)[ \\t]+'],
  [['ldapsearch', 'ldapadd', 'ldapmodify', 'ldapdelete', 'ldapwhoami'], '-w[ \\t]*'],
  [['sqlcmd', 'bcp ', 'osql ', 'unzip ', 'zip '], '-P[ \\t]*'],
  [['7z ', '7za '], '-p'],
  [['smbclient', 'rpcclient'], '-U[ \\t]*[\\w./\\\\-]{1,64}%'],
  [['http ', 'https '], '(?:-a|--auth)[ \\t]+[\\w.@-]{1,64}:'],
  [['htpasswd'], '-[a-zA-Z]{0,8}b[a-zA-Z]{0,8}[ \\t]+\\S{1,256}[ \\t]+\\S{1,64}[ \\t]+'],
  [['rabbitmqctl'], '(?:add_user|change_password|authenticate_user)[ \\t]+\\S{1,64}[ \\t]+'],
  [['keytool', 'jarsigner', 'apksigner'], '-(?:src|dest|new)?(?:store|key)pass(?:[ \\t]+|:)(?:pass:)?'],
  [['openssl'], '(?:-pass(?:in|out)?|-k)[ \\t]+(?:pass:)?'],
  [['net user', 'net use'], '/user:\\S{1,64}[ \\t]+'],
  [['requirepass', 'masterauth'], ''],
  [['convertto-securestring'], '(?:-String[ \\t]+)?'],
];

const programs = PROGRAMS.map(([keywords, option]): Rule => {
  const pattern = new RegExp(
    String.raw`[\w-]{2,24}(?:(?: auth)? login| user?)?[ \t]{1,16}${BEFORE}${option}${ARGUMENT}`,
    'y',
  );
  return {
    keywords,
    isGeneric: true,
    find: (text, at) =>
      WORD_BEFORE.test(text.slice(at - 1, at)) ? undefined : passwordOf(matchAt(pattern, text, at), at),
  };
});
const WORD_BEFORE = /[\w.-]/;

const NUMBER = /^\d{1,5}$/;

function passwordOf(match: RegExpExecArray | undefined, at: number): Finding | undefined {
  const [password, quotes] = [match?.[1] ?? match?.[2] ?? match?.[3], match?.[3] === undefined ? 1 : 0];
  if (match === undefined || password === undefined) return undefined;
  if (isPlaceholder(password) || NUMBER.test(password) || password.startsWith('-')) return undefined;
  const start = at + match[0].lastIndexOf(password, match[0].length - quotes);
  return { kind: 'password', start, end: start + password.length };
}

/** MySQL, PostgreSQL, Oracle, SQL Server, Snowflake. */
const SQL =
  /(?:identified(?:[ \t]+with[ \t]+['"\w]{1,40})?[ \t]+by(?:[ \t]+password)?|password(?:[ \t]+for[ \t]+\S{1,80})?[ \t]*(?:=[ \t]*|\([ \t]*)?)[ \t]*\\{0,15}'([^'\n]{4,512}?)\\{0,15}'/iy;
const SQL_WORD = /(?:\bfor|user|role|login|with|encrypted|set|add|alter|by)\b[^\n;]{0,120}$/i;

const sql: Rule = {
  keywords: ['identified', 'password '],
  isGeneric: true,
  find(text, at) {
    const match = matchAt(SQL, text, at);
    if (match === undefined) return undefined;
    const isStatement =
      text.charAt(at).toLowerCase() === 'i' || SQL_WORD.test(text.slice(Math.max(0, at - 160), at));
    return isStatement ? passwordOf(match, at) : undefined;
  },
};

/** `host:port:database:user:password`; libpq, "The Password File" */
const PGPASS = /:(?:\d{2,5}|\*):[\w*.-]{1,64}:[\w*.@-]{1,64}:([^\s:"'\\]{4,512})(?=\s|["'\\]|$)/y;
const HOST_BEFORE = /(?:^|[\s"'\x60]|\\n)[\w.*-]{1,128}$/;

const pgpass: Rule = {
  keywords: [':5432:', ':5433:', ':5434:', ':6432:', ':6543:', ':*:'],
  isGeneric: true,
  find(text, at) {
    const match = matchAt(PGPASS, text, at);
    const password = match?.[1];
    if (match === undefined || password === undefined || isPlaceholder(password)) return undefined;
    if (!HOST_BEFORE.test(text.slice(Math.max(0, at - 130), at))) return undefined;
    const end = at + match[0].length;
    return { kind: 'password', start: end - password.length, end };
  },
};

/** inetutils, ".netrc": tokens may be on lines of their own. */
const NETRC =
  /machine\s{1,16}\S{1,256}\s{1,16}(?:login|user)\s{1,16}\S{1,256}\s{1,16}(?:account\s{1,16}\S{1,256}\s{1,16})?password\s{1,16}([^\s"'\\]{3,512})/iy;
const NETRC_IN_JSON = new RegExp(
  NETRC.source
    .replaceAll(String.raw`\s{1,16}`, String.raw`(?:[ \t]|\\{1,15}[nt]){1,16}`)
    .replaceAll(String.raw`\S`, String.raw`[^\s\\"]`),
  'iy',
);

const netrc: Rule = {
  keywords: ['machine '],
  isGeneric: true,
  find(text, at) {
    const end =
      endOf(NETRC, text, at) === undefined ? matchAt(NETRC_IN_JSON, text, at) : matchAt(NETRC, text, at);
    const password = end?.[1];
    if (end === undefined || password === undefined || isPlaceholder(password)) return undefined;
    return { kind: 'password', start: at + end[0].length - password.length, end: at + end[0].length };
  },
};

export const COMMANDS: readonly Rule[] = [...programs, sql, pgpass, netrc];
