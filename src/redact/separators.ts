/** What separates a name from its value, in the languages and formats that sessions show. */

export const QUOTE = '\\\\{0,7}["\'`]';
/** Values are often aligned. */
const BLANKS = '[ \\t]{0,64}';
const ESCAPED_BREAK = '(?:\\\\{1,15}r)?\\\\{1,15}n';
export const LINE_BREAK = `(?:\\r?\\n|${ESCAPED_BREAK})`;
const SPACE = `(?:\\s|${ESCAPED_BREAK}){0,64}`;

/** The type of a variable: `: str`, `?: string`, `: &'static str`, Go's ` string`. */
const TYPE = String.raw`(?:\[\d{0,4}\]|[ \t]?[?!]?:[ \t]?(?:&(?:'static )?)?[Ss]tr(?:ing)?\b\??|[ \t]string\b)?`;
const OPERATOR = String.raw`=>|:{1,3}=|={1,3}|[?.+]=|\?\?=|\|\|=?|<-|:|>`;
/** The first value of a list that was not replaced before. */
const LIST = `\\[${SPACE}(?:${QUOTE}\\[REDACTED:[\\w-]{1,40}\\]${QUOTE},${SPACE}){0,16}(?=${QUOTE})`;

/** An operator, with what ends the name before it; or a comma between quoted ones. */
export const SEPARATOR = `(?:${QUOTE})?\\]?${TYPE}${BLANKS}(?:${OPERATOR})${BLANKS}|${QUOTE},${BLANKS}`;

/** The quote before a value, and the line break before one in markup. */
export const OPENING = `${SPACE}(?:${QUOTE})?`;

const OPERATION = `(?:${QUOTE})?\\]?${TYPE}${BLANKS}(?:${OPERATOR})${BLANKS}(?:${LIST})?`;

/** An operator, the beginning of a list, or a comma in a list. */
export const OPERATORS = new RegExp(`${OPERATION}|${QUOTE},(?=[ \\t]?${QUOTE})${BLANKS}`, 'y');

/** A call: `set_token("…`. */
export const CALL = new RegExp(`\\((?=${QUOTE})`, 'y');

/** A name that goes on before its operator: `api_token_for_tests = `, `secretOfTheBot: `. */
export const MORE_WORDS = new RegExp(`[\\w.-]{1,24}${OPERATION}`, 'y');

/** YAML: the value may be on the next line, indented; markup and code too. */
export const NEXT_LINE = new RegExp(
  `(?:${QUOTE})?(?:[ \\t]{0,4}:?=|:[ \\t]{0,4}(?:[>|][+-]?)?|>)[ \\t]{0,4}${LINE_BREAK}[ \\t]{1,64}`,
  'y',
);

/**
 * Name and value are two members: `"name": "X", "value": "…"`, `key="X" value="…"`, `--name X --value …`,
 * `<name>X</name><value>…`, `name: X` and `value: …` on two lines, `variable "X" { default = …`.
 */
export const MEMBER = new RegExp(
  `(?:${QUOTE})?(?:</[\\w:.-]{1,32}>)?(?:[,;]|[ \\t]?\\{)?${SPACE}(?:<string>|(?:<|--|- )?(?:${QUOTE})?(?:(?:[a-z]{1,16}[_-]?)?val(?:ue)?|default)(?:${QUOTE})?(?:${BLANKS}(?:=>|[:=>])${BLANKS}|[ \\t]{1,4}))`,
  'iy',
);

/** The next cell of a table: of bars, or of HTML. */
export const CELL = new RegExp(
  `(?:${QUOTE}|\\*{1,2})?(?:${BLANKS}[|│]${BLANKS}|</t[dh]>${SPACE}<t[dh](?: [^<>"\\\\]{0,80})?>${SPACE})`,
  'iy',
);
/** The next field of a line of values, or the next column. */
export const FIELD = /(?:\\{0,7}["'`])?(?:[,;]|\\{1,15}t)|[ \t]{1,64}/y;
