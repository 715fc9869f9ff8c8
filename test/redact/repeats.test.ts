import { expect, it } from '@jest/globals';
import { redact } from './support.js';

const VALUE = 'k7Qz2mX9aLw4Rt8Vb3Nc';

it('a value that a name gave away is replaced wherever else the row has it, by the same mark', async () => {
  const { row, counts } = await redact({
    messages: [
      { role: 'tool', content: `cat .env\nTOKEN=${VALUE}\n` },
      { role: 'assistant', content: JSON.stringify({ command: `deploy ${VALUE} now` }) },
      { role: 'user', content: `x${VALUE} and ${VALUE}x are other words` },
    ],
  });
  expect(row).toEqual({
    messages: [
      { role: 'tool', content: 'cat .env\nTOKEN=[REDACTED:secret]\n' },
      { role: 'assistant', content: JSON.stringify({ command: 'deploy [REDACTED:secret] now' }) },
      { role: 'user', content: `x${VALUE} and ${VALUE}x are other words` },
    ],
  });
  expect(counts).toEqual(new Map([['secret', 2]]));
});

it('a short password is not looked for elsewhere: it may be a word', async () => {
  const { row } = await redact({ a: 'password=Tr0ub4dor3', b: 'Tr0ub4dor3' });
  expect(row).toEqual({ a: 'password=[REDACTED:password]', b: 'Tr0ub4dor3' });
});
