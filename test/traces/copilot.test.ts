import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { metaOf, outline, readAll } from './support.js';

it('a session of Copilot CLI gives a row, and each sub-agent one that begins with its task', async () => {
  const { rows } = await readAll({
    path: join(import.meta.dirname, '..', '..', 'examples', 'traces', 'copilot_cli'),
  });
  expect(rows.map(outline)).toEqual([
    [
      'user: Which tests cover the timetable?',
      'assistant: (A search is enough.) +c1 +c2',
      'tool c1: tests/test_timetable.py',
      'tool c2: It checks the summer plan only.',
      'assistant: One file, `tests/test_timetable.py`; it checks the summer plan only.',
    ],
    ['user: Read tests/test_timetable.py', 'assistant: It checks the summer plan only.'],
  ]);
  expect([rows[1]?.['is_sidechain'], metaOf(rows[1])['parent_tool_call_id']]).toEqual([true, 'c2']);
});
