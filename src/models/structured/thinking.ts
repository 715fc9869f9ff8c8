/** An answer, split into the model's thinking and the answer itself. */
export interface SplitAnswer {
  readonly thinking: string | undefined;
  readonly answer: string;
}

const opening = /^\s*<(think|thinking|reasoning)>/i;

/**
 * Splits a leading `<think>…</think>` from an answer. Some chat templates write the opening tag themselves, so a
 * single `</think>` at the end of a line counts too. When the thinking is never closed, there is no answer.
 */
export function splitThinking(text: string): SplitAnswer {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const opened = opening.exec(clean);
  if (!opened) return splitAtLoneTag(clean);
  const close = `</${opened[1] ?? ''}>`.toLowerCase();
  const start = opened[0].length;
  const end = clean.toLowerCase().indexOf(close, start);
  if (end < 0) return { thinking: clean.slice(start).trim(), answer: '' };
  return { thinking: clean.slice(start, end).trim(), answer: clean.slice(end + close.length).trim() };
}

function splitAtLoneTag(text: string): SplitAnswer {
  const tag = /<\/think(?:ing)?>[ \t]*(?:\r?\n|$)/i.exec(text);
  if (!tag || /<think/i.test(text.slice(0, tag.index))) return { thinking: undefined, answer: text };
  return {
    thinking: text.slice(0, tag.index).trim(),
    answer: text.slice(tag.index + tag[0].length).trim(),
  };
}
