import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Json, JsonObject } from '../../src/core/json.js';
import { renderRecord } from '../../src/cli/render/record.js';
import { validAnswer } from '../rig/valid-answer.js';
import type { ModelCall, ModelServer } from '../rig/model-server.js';
import { projectDir } from '../rig/program.js';

/**
 * How a template is tried, `NAME.yaml` beside this file: the answers of the scripted model, what the dataset must have
 * then, and which of it is the picture in docs/starters.md.
 */
export interface Trial {
  /** Flags of `dd run`. */
  readonly flags?: readonly string[];
  /** All columns of the dataset, in order. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** The stage whose dataset this is, where the recipe has stages. */
  readonly stage?: string;
  /** Attempts that `accept` does not take; left out where there is no `accept`. */
  readonly rejected?: number;
  /** The folder of the dataset that is looked at, below the dataset's. Default: the dataset itself. */
  readonly dataset?: string;
  /** Rows and columns of the picture. */
  readonly picture: { readonly rows: readonly number[]; readonly columns: readonly string[] };
  /** The first one whose texts are all in the prompt answers; without any, a valid answer is generated. */
  readonly answers: readonly Answer[];
}

interface Answer {
  /** A text, or several. Left out: every prompt. */
  readonly when?: string | readonly string[];
  /** The model that is asked. Left out: any. */
  readonly model?: string;
  /** A file of the template whose bytes are in the request. */
  readonly file?: string;
  /** Text, or a value that is sent as JSON. */
  readonly answer: Json;
  /** Further keys of the message, such as `tool_calls`. */
  readonly message?: JsonObject;
}

/** The templates that have such a file. */
export const TRIALS = readdirSync(join(projectDir, 'test/starters'))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

export const trialOf = (template: string): Trial =>
  parse(readFileSync(join(projectDir, 'test/starters', `${template}.yaml`), 'utf8')) as Trial;

/** Makes the server answer as the trial of the template says. */
export function answerAs(template: string, server: ModelServer): void {
  const { answers } = trialOf(template);
  server.handle((call: ModelCall) => {
    const found = answers.find((answer) => fits(answer, template, call));
    if (!found) return call.reply(validAnswer(call));
    call.reply(found.answer, found.message === undefined ? {} : { message: found.message });
  });
}

function fits({ when = [], model = '', file }: Answer, template: string, call: ModelCall): boolean {
  if (![when].flat().every((text) => call.prompt.includes(text)) || !call.model.endsWith(model)) return false;
  if (file === undefined) return true;
  const bytes = readFileSync(join(projectDir, 'templates', template, file));
  return JSON.stringify(call.body).includes(bytes.toString('base64'));
}

/** The rows as `dd show` prints them, as narrow as a page of the documentation. */
export function pictureOf({ picture }: Trial, rows: readonly JsonObject[]): string {
  const plain = (text: string): string => text;
  const style = { width: 100, bold: plain, dim: plain, isWhole: true };
  return picture.rows
    .map((number) => {
      const shown = picture.columns.map((name) => ({ name, from: 'column' as const }));
      return renderRecord(rows[number] ?? {}, shown, style);
    })
    .join(`\n${'─'.repeat(40)}\n`);
}

/** The section of a template in docs/starters.md: its text, and the picture below it. */
export interface Section {
  readonly text: string;
  readonly picture: string;
}

export const PAGE = join(projectDir, 'docs/starters.md');

export const readPage = (): string => readFileSync(PAGE, 'utf8');

const PICTURE = /^```text\n(.*)\n```$/ms;

/** The page cut before each heading. */
const parts = (page: string): readonly string[] => page.split(/^(?=##)/m);

const isOf = (part: string, template: string): boolean => part.startsWith(`### ${template}\n`);

export function sectionOf(template: string): Section | undefined {
  const part = parts(readPage()).find((each) => isOf(each, template));
  if (part === undefined) return undefined;
  const text = part.slice(part.indexOf('\n')).replace(PICTURE, '').trim();
  return { text, picture: PICTURE.exec(part)?.[1] ?? '' };
}

/** Replaces the picture of a section, or adds it. */
export function withPicture(page: string, template: string, picture: string): string {
  const pictured = (part: string): string =>
    `${part.replace(PICTURE, '').trimEnd()}\n\n\`\`\`text\n${picture}\n\`\`\`\n\n`;
  const all = parts(page).map((part) => (isOf(part, template) ? pictured(part) : part));
  return `${all.join('').trimEnd()}\n`;
}
