/** What oclif says of wrong usage, as `dd` says it. What is not known here stays as it is. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\nSee more help with --help/g, ''],
  [/\n\nNote: .* allows? multiple values\.[^]*$/, ''],
  [/^The following errors? occurred:\n\s*/, ''],
  [/^Missing \d+ required args?:\n([^\s]+) +/, 'missing $1: '],
  [/Missing required flag (\S+)/g, '--$1 is missing'],
  [/All of the following must be provided when using (--\S+): (.+)/g, '$1 needs $2 too'],
  [/(--[\w-]+)(?:=\S*)? cannot also be provided when using (--\S+)/g, '$2 and $1 cannot be used together'],
  [/^Parsing (--\S+) \n\t(?:\1 )?/, '$1 '],
  [/^(--\S+) Expected an integer( .*)? but received: /, '$1 must be a whole number$2, not '],
  [/^Expected (--[\w-]+)=(.*) to be one of: (.*)$/, '$1 must be one of $3, not $2'],
  [/^Nonexistent flag(s?): /, 'unknown flag$1 '],
  [/^Unexpected argument(s?): /, 'unexpected argument$1 '],
];

export function usageInWords(message: string): string {
  return PHRASES.reduce((text, [phrase, words]) => text.replace(phrase, words), message);
}
