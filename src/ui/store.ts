import type { Survey } from '../engine/store-survey.js';
import { renderTable } from './table.js';
import { count, safe, size } from './text.js';

/** What a store holds, as a short table. */
export function renderStore(folder: string, survey: Survey, fileBytes: number): string {
  const { answers, bytes, undated, oldest, newest, unreadable } = survey;
  return renderTable([
    ['store', safe(folder)],
    ['holds', `${count(answers, 'answer')}, ${size(bytes)}`],
    ['on disk', size(fileBytes)],
    ...(oldest === undefined || newest === undefined ? [] : [['from', `${time(oldest)} to ${time(newest)}`]]),
    ...(undated === 0 ? [] : [['undated', `${count(undated, 'answer')} of an earlier version`]]),
    ...(unreadable === 0 ? [] : [['torn', `${count(unreadable, 'answer')} that cannot be read`]]),
  ]);
}

/** What pruning would do. */
export function pruneText({ answers, bytes }: Survey['old']): string {
  return answers === 0
    ? 'nothing is that old'
    : `would remove ${count(answers, 'answer')}, ${size(bytes)}; add --yes to remove`;
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}
