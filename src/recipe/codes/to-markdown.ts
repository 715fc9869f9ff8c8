import { CODE_GROUPS, type CodeEntry } from './index.js';

/** `docs/diagnostics.md`: every code with its reason, an example and what to do. */
export function codesAsMarkdown(): string {
  const chapters = CODE_GROUPS.map(({ title, codes }) =>
    [`## ${title}`, ...[...codes].map(([code, entry]) => section(code, entry))].join('\n\n'),
  );
  return `${[INTRODUCTION, ...chapters].join('\n\n')}\n`;
}

const INTRODUCTION = `# Diagnostics

What \`dd validate\` can say of a recipe, by its code. Codes stay as they are. \`dd explain CODE\` shows the same in a terminal. Most are errors; warnings are marked as such where they are told, and \`--strict\` makes errors of them. \`dd validate --fix\` writes what is certain: a misspelt name with exactly one that can be meant, quotes around a template, blanks for tabs.

This page is made from the sources.`;

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
