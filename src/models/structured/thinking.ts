/** An answer, split into the model's thinking and the answer itself. */
export interface SplitAnswer {
  readonly thinking: string | undefined;
  readonly answer: string;
}

/**
 * Splits the model's thinking from its answer, in the marks that models use for it: tags (`<think>`, `<thought>`,
 * `<seed:think>`, `[THINK]`, …) and the channels of gpt-oss. There may be several blocks: before the answer, and
 * later at the start of a line. Some chat templates write the opening tag themselves, so a closing tag alone counts
 * too. When the thinking is never closed, there is no answer. Tags in a sentence or in code are text.
 */
export function splitThinking(text: string): SplitAnswer {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (!anyMark.test(clean)) return { thinking: undefined, answer: clean };
  const channels = splitChannels(clean);
  if (channels) return channels;
  const thoughts: string[] = [];
  let rest = clean;
  for (let next = firstBlock(rest); next && thoughts.length < mostBlocks; next = firstBlock(rest)) {
    thoughts.push(next.thinking.trim());
    rest = next.rest;
  }
  const later = laterBlocks(rest);
  if (thoughts.length === 0 && later.thoughts.length === 0) return { thinking: undefined, answer: clean };
  const all = [...thoughts, ...later.thoughts.map((thought) => thought.trim())];
  return {
    thinking: all.filter((thought) => thought !== '').join('\n\n'),
    answer: unwrapped(later.rest.trim()),
  };
}

/** What all marks begin with, or end with where the template wrote the first: most answers have none. */
const anyMark = /[<◁]|\[\/?think\]|^\s*analysis/i;

/** More would be an attack or an accident; each costs a look at the whole text. */
const mostBlocks = 50;

/** The marks around thinking. */
const marks: readonly { readonly open: string; readonly close: string }[] = [
  { open: '<think(?:ing)?>', close: '</think(?:ing)?>' },
  { open: '<thoughts?>', close: '</thoughts?>' },
  { open: '<reasoning>', close: '</reasoning>' },
  { open: '<antthinking>', close: '</antthinking>' },
  // ByteDance's Seed, and MiniMax.
  { open: '<\\w+:think>', close: '</\\w+:think>' },
  // Mistral.
  { open: '\\[THINK\\]', close: '\\[/THINK\\]' },
  // Kimi.
  { open: '◁think▷', close: '◁/think▷' },
  // Cohere.
  { open: '<\\|START_THINKING\\|>', close: '<\\|END_THINKING\\|>' },
  { open: '<\\|begin_of_thought\\|>', close: '<\\|end_of_thought\\|>' },
  // Gemma and MedGemma.
  { open: '<\\|channel>thought', close: '<channel\\|>' },
  { open: '<unused94>thought', close: '<unused95>' },
];

const anyOpen = marks.map(({ open }) => open).join('|');
/** Not `</reasoning>`, which is a tag of many documents. */
const loneClose = marks
  .map(({ close }) => close)
  .filter((close) => !close.includes('reasoning'))
  .join('|');

const leading = new RegExp(`^\\s*(?:${anyOpen})`, 'i');
const atLineStart = new RegExp(`^[ \\t]*(?:${anyOpen})`, 'gim');
const opened = new RegExp(anyOpen, 'i');
const closed = new RegExp(loneClose, 'gi');

interface Block {
  readonly thinking: string;
  readonly rest: string;
}

/** The thinking at the start of a text, and what follows. */
function firstBlock(text: string): Block | undefined {
  const open = leading.exec(text)?.[0];
  if (open === undefined) return blockOfLoneTag(text);
  const close = closeOf(text, open);
  return close
    ? { thinking: text.slice(open.length, close.start), rest: text.slice(close.end) }
    : { thinking: text.slice(open.length), rest: '' };
}

interface Close {
  readonly start: number;
  readonly end: number;
}

/** The tag that closes the block which begins with `open`, from the end of that on. */
function closeOf(text: string, open: string, from = open.length): Close | undefined {
  const mark = marks.find((candidate) => new RegExp(`${candidate.open}$`, 'i').test(open));
  const close = new RegExp(mark?.close ?? loneClose, 'gi');
  close.lastIndex = from;
  const found = close.exec(text);
  return found ? { start: found.index, end: found.index + found[0].length } : undefined;
}

/** The thinking before a closing tag whose opening one the chat template wrote. */
function blockOfLoneTag(text: string): Block | undefined {
  const firstOpen = text.search(opened);
  let fenced = 0;
  closed.lastIndex = 0;
  for (let tag = closed.exec(text); tag && fenced < mostBlocks; tag = closed.exec(text)) {
    if (firstOpen >= 0 && firstOpen < tag.index) return undefined;
    const end = tag.index + tag[0].length;
    if (!endsThinking(text.slice(Math.max(0, tag.index - 1), tag.index), text.slice(end, end + 80))) continue;
    if (!isInFence(text, tag.index)) return { thinking: text.slice(0, tag.index), rest: text.slice(end) };
    fenced += 1;
  }
  return undefined;
}

/** True at the end of a line, before JSON, and between words that no space separates; not within a sentence. */
function endsThinking(last: string, rest: string): boolean {
  if (/^[ \t]*(?:\r?\n|$)|^\s*(?:[{[]|```)/.test(rest)) return true;
  return /^(?:|[^\s`'"(]|\n)$/.test(last) && /^[^\s`'".,;:!?)]/.test(rest);
}

/** Blocks that begin a line behind the first words of an answer. */
function laterBlocks(text: string): { readonly thoughts: readonly string[]; readonly rest: string } {
  const thoughts: string[] = [];
  let rest = '';
  let end = 0;
  let seen = 0;
  atLineStart.lastIndex = 0;
  for (let open = atLineStart.exec(text); open && seen < mostBlocks; open = atLineStart.exec(text)) {
    seen += 1;
    if (isInFence(text, open.index)) continue;
    const start = open.index + open[0].length;
    const close = closeOf(text, open[0], start);
    // Never closed: what came before was no more than an introduction.
    if (!close) return { thoughts: [...thoughts, text.slice(start)], rest: '' };
    thoughts.push(text.slice(start, close.start));
    rest += text.slice(end, open.index);
    end = close.end + (/^[ \t]*\r?\n/.exec(text.slice(close.end, close.end + 100))?.[0].length ?? 0);
    atLineStart.lastIndex = end;
  }
  return { thoughts, rest: rest + text.slice(end) };
}

/** True between two code fences. */
function isInFence(text: string, at: number): boolean {
  const fence = /^[ \t]*(?:`{3,}|~{3,})/gm;
  const before = text.slice(0, at).match(fence)?.length ?? 0;
  return before % 2 === 1 && fence.test(text.slice(at));
}

/** The answer without the marks that some models put around it behind their thinking. */
function unwrapped(answer: string): string {
  return (
    /^<\|(?:begin_of_solution|START_RESPONSE)\|>([\s\S]*?)(?:<\|(?:end_of_solution|END_RESPONSE)\|>\s*)?$/.exec(
      answer,
    )?.[1] ?? answer
  ).trim();
}

/**
 * The channels of gpt-oss (https://cookbook.openai.com/articles/openai-harmony), where a server hands them on:
 * `final` is the answer, all others are thinking. Some servers drop the special tokens and leave the words.
 */
function splitChannels(text: string): SplitAnswer | undefined {
  const bare = /^\s*analysis(?!<)([\s\S]*?)assistant\s?final(?!<)([\s\S]*)$/.exec(text);
  if (bare) return { thinking: bare[1]?.trim(), answer: bare[2]?.trim() ?? '' };
  if (!channelFirst.test(text) && !finalLater.test(text)) return undefined;
  const whole = text.replace(/^\s*(analysis|commentary|final)<\|message\|>/, '<|channel|>$1<|message|>');
  const pieces = [...whole.matchAll(channel)];
  const before = whole
    .slice(0, pieces[0]?.index ?? whole.length)
    .replace(/<\|(?:end|start|channel|message)\|>(?:assistant)?/g, '');
  const says = (isFinal: boolean): readonly string[] =>
    pieces
      .filter(([, name]) => (name?.toLowerCase() === 'final') === isFinal)
      .map(([, , content]) => content?.trim() ?? '');
  const thoughts = [before.trim(), ...says(false)].filter((thought) => thought !== '');
  return {
    thinking: thoughts.length === 0 ? undefined : thoughts.join('\n\n'),
    answer: says(true).join('\n\n'),
  };
}

const channelFirst =
  /^\s*(?:(?:<\|start\|>\s*assistant\s*)?<\|channel\|>|(?:analysis|commentary|final)<\|message\|>)/;
const finalLater = /<\|start\|>\s*assistant\s*<\|channel\|>\s*final/;
const channel =
  /<\|channel\|>\s*([A-Za-z]+)(?:[^<]|<\|constrain\|>)*<\|message\|>([\s\S]*?)(?=<\|(?:end|return|call|start|channel)\|>|$)/g;
