import { CODE_GROUPS, type CodeEntry } from './index.js';

/** The text of `docs/diagnostics.md`: every code with its reason, an example and the fix. */
export function codesAsMarkdown(): string {
  const chapters = CODE_GROUPS.map(({ title, codes }) =>
    [`## ${title}`, ...[...codes].map(([code, entry]) => section(code, entry))].join('\n\n'),
  );
  return `${[INTRODUCTION, ...chapters].join('\n\n')}\n`;
}

const INTRODUCTION = `# Diagnostics

Every mistake that \`dd validate\` reports, by its code. \`dd explain CODE\` shows the same text in a terminal.

* Most codes are errors. Warnings are marked in the report, and \`--strict\` treats them as errors.
* \`dd validate --fix\` corrects mistakes with one certain fix: a misspelt name with one similar name, missing quotes around a template, tabs instead of spaces.
* Codes are never renamed.

This page is generated from \`src/recipe/codes/\`.`;

function section(code: string, { title, why, wrong, right, todo }: CodeEntry): string {
  return [
    `### \`${code}\``,
    `**${title}.** ${why}`,
    fenced('Wrong', wrong),
    fenced('Right', right),
    todo,
  ].join('\n\n');
}

const fenced = (label: string, text: string): string => `${label}:\n\n\`\`\`\n${text}\n\`\`\``;
