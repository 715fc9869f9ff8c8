import { createInterface } from 'node:readline';
import { isTemplateName, TEMPLATES } from '../authoring/templates.js';
import { safe } from './render/text.js';

/** What a new recipe is made from, and what it is called. */
export interface Wanted {
  readonly template: string;
  readonly name: string;
}

/** Where the questions go and the answers come from. */
export interface Conversation {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

const names = Object.keys(TEMPLATES);

/**
 * Asks what was not typed: the template, by number or name, until it is one of those there are; then the name,
 * where there is none yet. An empty line takes the default. `undefined` when the answers end, as with Ctrl-C
 * and Ctrl-D.
 */
export async function askWanted(
  { input, output }: Conversation,
  given: string | undefined,
): Promise<Wanted | undefined> {
  // One reader for all questions: a second one would miss lines that came with the first.
  const terminal = createInterface({ input, output });
  const lines = terminal[Symbol.asyncIterator]();
  const ask: Ask = async (question, fallback) => {
    terminal.setPrompt(`${question} [${fallback}]: `);
    terminal.prompt();
    const { done, value } = await lines.next();
    if (done !== true) return value.trim() || fallback;
    output.write('\n');
    return undefined;
  };
  try {
    output.write(menu());
    const template = await askTemplate(ask, output);
    const name = template && (given ?? (await ask('Name', template)));
    return template && name ? { template, name } : undefined;
  } finally {
    terminal.close();
  }
}

/** What is typed, or the fallback for an empty line; `undefined` at the end of the answers. */
type Ask = (question: string, fallback: string) => Promise<string | undefined>;

async function askTemplate(ask: Ask, output: NodeJS.WritableStream): Promise<string | undefined> {
  for (;;) {
    const answer = await ask('Template', '1');
    if (answer === undefined) return undefined;
    const name = names[Number(answer) - 1] ?? answer;
    if (isTemplateName(name)) return name;
    output.write(`there is no template \`${safe(answer)}\`: type a number or a name\n`);
  }
}

function menu(): string {
  return Object.entries(TEMPLATES)
    .map(([name, { summary }], at) => `  ${at + 1}  ${name}: ${summary}\n`)
    .join('');
}
