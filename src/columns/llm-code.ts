import { err, ok, type Result } from '../core/result.js';
import type { TextForm } from '../models/types.js';
import { codeBlocksIn, type CodeBlock } from './code-blocks.js';
import { CODE_LANGUAGES, type CodeLanguage } from './code-languages.js';
import { llmProperties, prepareLlmColumn, type LlmConfig } from './llm.js';
import type { ColumnType } from './types.js';

interface LlmCodeConfig extends LlmConfig {
  readonly code_lang: string;
}

/** `llm-code`: the code of the last fenced block of the answer in the column's language, as text. */
export const llmCode: ColumnType<LlmCodeConfig> = {
  type: 'llm-code',
  summary: 'Code written by a model, without the text around it.',
  schema: {
    properties: {
      ...llmProperties,
      code_lang: {
        enum: Object.keys(CODE_LANGUAGES),
        description: 'Language of the code; SQL with its dialect.',
      },
    },
    required: ['model_alias', 'prompt', 'code_lang'],
  },
  prepare(config, report) {
    const language = CODE_LANGUAGES[config.code_lang];
    if (!language) throw new Error(`the schema let ${config.code_lang} pass`);
    const form = formOf(language);
    return prepareLlmColumn(config, { schema: { type: 'string' }, form, append: form.instructions }, report);
  },
};

function formOf(language: CodeLanguage): TextForm {
  return {
    instructions: instructionsFor(language),
    read: (answer) => readCode(answer, language),
    example: (text) => `\`\`\`${language.tag}\n${language.example.replace('%', text)}\n\`\`\``,
  };
}

/** Part of request keys: a change costs users new calls. */
function instructionsFor({ label, tag }: CodeLanguage): string {
  return [
    `Answer with ${label} code:`,
    '- complete and idiomatic, as an experienced developer would write it;',
    `- in one single Markdown code block, between the fences \`\`\`${tag} and \`\`\`;`,
    '- where a line of the code itself begins with three backticks, with fences of four backticks around the block.',
  ].join('\n');
}

/** The code in an answer, or what is wrong with it as a sentence for the model. */
function readCode(answer: string, language: CodeLanguage): Result<string, readonly string[]> {
  const names = new Set([language.tag, ...language.aliases]);
  const blocks = withInner(codeBlocksIn(answer), names);
  const filled = blocks.filter(({ code }) => code.trim() !== '');
  const found = filled.findLast(({ tag }) => names.has(tag)) ?? filled.findLast(({ tag }) => tag === '');
  if (!found) return err([whyNone(blocks, language)]);
  if (!found.isClear)
    return err([
      `it is not clear where the code block ends: write it between fences of four backticks, \`\`\`\`${language.tag} and \`\`\`\``,
    ]);
  return ok(trimmed(found.code));
}

/** Blocks inside of another language, such as Markdown, count too; a block in a block of the same language replaces it. */
function withInner(blocks: readonly CodeBlock[], names: ReadonlySet<string>): readonly CodeBlock[] {
  return blocks.flatMap((block) => {
    const isWrapper = !names.has(block.tag) || /^\s*(?:`{3}|~{3})/.test(block.code);
    const inner = isWrapper && block.isClear ? codeBlocksIn(block.code) : [];
    const isUsed = inner.some(({ tag }) => names.has(tag));
    return isUsed ? inner : [block];
  });
}

function whyNone(blocks: readonly CodeBlock[], { tag, label }: CodeLanguage): string {
  const other = blocks.findLast((block) => block.tag !== '' && block.code.trim() !== '');
  if (other)
    return `the code block is tagged \`${other.tag}\`, but the code must be ${label}, tagged \`${tag}\``;
  if (blocks.length > 0) return 'the code block is empty';
  return `the answer has no code block: put the code between the fences \`\`\`${tag} and \`\`\``;
}

/** Without blank lines around it and without the indentation that all lines share. */
function trimmed(code: string): string {
  const lines = code.split('\n').filter((line) => line.trim() !== '');
  const indents = lines.map((line) => /^[ \t]*/.exec(line)?.[0] ?? '');
  const [first = ''] = indents;
  const shared = indents.every((indent) => indent.startsWith(first)) ? first.length : 0;
  return code
    .split('\n')
    .map((line) => line.slice(Math.min(shared, line.search(/\S|$/))))
    .join('\n')
    .trim();
}
