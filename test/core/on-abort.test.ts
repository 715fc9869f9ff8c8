import { getEventListeners } from 'node:events';
import { expect, it } from '@jest/globals';
import { onAbort } from '../../src/core/on-abort.js';

it('tells all listeners of a signal, through one listener of its own', () => {
  const abort = new AbortController();
  const told: string[] = [];
  onAbort(abort.signal, () => told.push('a'));
  const remove = onAbort(abort.signal, () => told.push('b'));
  onAbort(abort.signal, () => told.push('c'));
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
  remove();
  abort.abort();
  expect(told).toEqual(['a', 'c']);
});

it('leaves no listener behind, and starts over after the last was removed', () => {
  const abort = new AbortController();
  const told: string[] = [];
  const remove = onAbort(abort.signal, () => told.push('a'));
  remove();
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  onAbort(abort.signal, () => told.push('b'));
  // A second removal is none of the new listeners' business.
  remove();
  abort.abort();
  expect(told).toEqual(['b']);
});

it('goes on when a listener removes itself or another', () => {
  const abort = new AbortController();
  const told: string[] = [];
  const removeFirst = onAbort(abort.signal, () => {
    removeFirst();
    removeSecond();
    told.push('a');
  });
  const removeSecond = onAbort(abort.signal, () => told.push('b'));
  onAbort(abort.signal, () => told.push('c'));
  abort.abort();
  expect(told).toEqual(['a', 'c']);
});
