import { createInterface } from 'node:readline';
import { isTemplateName, templateGroups, templateLine } from '../authoring/templates.js';
import { safe } from './render/text.js';

/** The template and name of a new recipe. */
export interface InitChoice {
  readonly template: string;
  readonly name: string;
}

/** Where questions are written and answers are read. */
export interface Conversation {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

const groups = templateGroups();
const names = groups.flatMap((group) => group.names);

/**
 * Asks for the template, by number or name, until the answer is valid. Then asks for the name, if it was not given.
 * An empty line takes the default. Returns `undefined` if the input ends (Ctrl-C, Ctrl-D).
 */
export async function askInitChoice(
  { input, output }: Conversation,
  given: string | undefined,
): Promise<InitChoice | undefined> {
  // One reader for all questions: a second reader would miss lines that arrived with the first.
  const terminal = createInterface({ input, output });
  const lines = terminal[Symbol.asyncIterator]();
  let isClosed = false;
  terminal.once('close', () => (isClosed = true));
  const ask: Ask = async (question, fallback) => {
    const prompt = `${question} [${fallback}]: `;
    terminal.setPrompt(prompt);
    // After Ctrl-D, lines that were typed before it are still read, but newer versions of Node refuse to prompt.
    if (isClosed) output.write(prompt);
    else terminal.prompt();
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

/** Returns the answer, the fallback for an empty line, or `undefined` at the end of the input. */
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

/** The templates by group, each with the number to type. */
function menu(): string {
  const digits = String(names.length).length;
  const line = (name: string): string =>
    `  ${String(names.indexOf(name) + 1).padStart(digits)}  ${templateLine(name)}\n`;
  return groups.map(({ group, names: own }) => `${group}\n${own.map(line).join('')}\n`).join('');
}
