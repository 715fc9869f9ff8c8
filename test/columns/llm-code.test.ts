import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRandom } from '../../src/core/random.js';
import { CODE_LANGUAGES } from '../../src/columns/code-languages.js';
import { llmCode } from '../../src/columns/llm-code.js';
import type { Models, ModelRequest, TextForm } from '../../src/models/types.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { bench, modelAt } from '../models/setup.js';

/** The request that a column makes. */
async function requestOf(code_lang: string): Promise<ModelRequest & { readonly form: TextForm }> {
  const asked: ModelRequest[] = [];
  const models: Models = {
    async ask(request) {
      asked.push(request);
      return { ok: false, error: { class: 'stopped', message: '', attempts: [] } };
    },
  };
  const config = { name: 'c', column_type: 'llm-code', model_alias: 'writer', prompt: 'Sort it.', code_lang };
  const column = llmCode.prepare(config, (problem) => expect(problem).toBeUndefined(), {});
  await column.generate({}, { models, rowId: '', row: 0, random: () => createRandom('a test') });
  const [request] = asked;
  if (!request?.form) throw new Error('nothing was asked');
  return { ...request, form: request.form };
}

async function read(code_lang: string, answer: string): Promise<string> {
  const outcome = (await requestOf(code_lang)).form.read(answer);
  return outcome.ok ? outcome.value : `invalid: ${outcome.error.join('; ')}`;
}

const fenced = (tag: string, code: string, mark = '```'): string => `${mark}${tag}\n${code}\n${mark}`;
const other = (found: string, wanted = 'Python'): string =>
  `invalid: the code block is tagged \`${found}\`, but the code must be ${wanted}, tagged \`python\``;
const unclear = (tag: string): string =>
  `invalid: it is not clear where the code block ends: write it between fences of four backticks, \`\`\`\`${tag} and \`\`\`\``;

describe('the code of an answer', () => {
  it.each<[string, string, string]>([
    ['one block', fenced('python', 'x = 1'), 'x = 1'],
    ['words around it', `Sure!\n${fenced('python', 'x = 1')}\nAnything else?`, 'x = 1'],
    ['the last of several', `${fenced('python', 'a')}\nBetter:\n${fenced('python', 'b')}`, 'b'],
    ['an alias', fenced('py', 'x'), 'x'],
    ['capitals', fenced('Python', 'x'), 'x'],
    ['a file name', fenced('python title="x.py"', 'x'), 'x'],
    ['no tag', fenced('', 'x'), 'x'],
    ['a tag before none', `${fenced('python', 'print(42)')}\nOutput:\n${fenced('', '42')}`, 'print(42)'],
    ['its language before another', `${fenced('python', 'x')}\n${fenced('bash', 'python x.py')}`, 'x'],
    ['tildes', fenced('python', 'x', '~~~'), 'x'],
    ['four backticks', fenced('python', 'doc = """\n```\n"""', '````'), 'doc = """\n```\n"""'],
    [
      'an indented item',
      '1. Run:\n   ```python\n   def f():\n       return 1\n   ```',
      'def f():\n    return 1',
    ],
    ['an indented block of Markdown', '    ```python\n    x\n    ```', 'x'],
    ['CRLF', 'Sure\r\n```python\r\na\r\nb\r\n```\r\n', 'a\nb'],
    ['no closing fence', '```python\nx = 1\n', 'x = 1'],
    ['blanks around it', fenced('python', '\n\n  a = 1\n  b = 2\n\n'), 'a = 1\nb = 2'],
    ['a Markdown block around it', fenced('markdown', `# X\n${fenced('python', 'x')}`), 'x'],
    ['two fences', fenced('', fenced('python', 'x')), 'x'],
    ['two fences of the language', fenced('python', fenced('python', 'x')), 'x'],
    [
      'a tagged block in a text',
      fenced('python', `s = """\n${fenced('json', '{}')}\n"""`),
      `s = """\n${fenced('json', '{}')}\n"""`,
    ],
    [
      'fences in a docstring',
      fenced('python', 'def f():\n    """\n    ```\n    1\n    ```\n    """'),
      'def f():\n    """\n    ```\n    1\n    ```\n    """',
    ],
    ['an empty block behind it', `${fenced('python', 'x')}\n\`\`\`\n`, 'x'],
    [
      'no block',
      'x = 1',
      'invalid: the answer has no code block: put the code between the fences ```python and ```',
    ],
    [
      'code in a line',
      'Use `x = 1` or ```x = 2```.',
      'invalid: the answer has no code block: put the code between the fences ```python and ```',
    ],
    ['another language', fenced('java', 'class A {}'), other('java')],
    ['code behind the fence', '```def foo(): return 1\nx\n```', other('def')],
    ['an empty block', fenced('python', ' '), 'invalid: the code block is empty'],
    ['a block that was never closed', '```python\na\n\n```python\nb\n```', unclear('python')],
  ])('is read with %s', async (_what, answer, expected) => {
    expect(await read('python', answer)).toBe(expected);
  });

  it.each([
    ['sql:postgres', 'sql', true],
    ['sql:postgres', 'postgresql', true],
    ['sql:postgres', 'mysql', false],
    ['sql:tsql', 'tsql', true],
    ['typescript', 'tsx', true],
    ['javascript', 'ts', false],
    ['cpp', 'C++', true],
    ['csharp', 'c#', true],
    ['c', 'c++', false],
    ['go', 'golang', true],
    ['bash', 'sh', true],
    ['rust', 'rs', true],
  ])('of %s may be tagged %s: %s', async (language, tag, isTaken) => {
    const found = await read(language, fenced(tag, 'x'));
    expect(found === 'x').toBe(isTaken);
  });

  it.each(Object.keys(CODE_LANGUAGES))('of a dry run is read in %s', async (language) => {
    const { form } = await requestOf(language);
    expect(form.read(form.example('Fabricated.'))).toEqual({
      ok: true,
      value: expect.stringContaining('Fabricated.'),
    });
  });
});

describe('a model that writes code', () => {
  let server: ModelServer;
  beforeEach(async () => {
    server = await startModelServer();
  });
  afterEach(() => server.close());

  it('is told the language and the fence behind the prompt', async () => {
    expect((await requestOf('sql:mysql')).messages).toEqual([
      {
        role: 'user',
        content: [
          'Sort it.\n\nAnswer with SQL (MySQL) code:',
          '- complete and idiomatic, as an experienced developer would write it;',
          '- in one single Markdown code block, between the fences ```sql and ```;',
          '- where a line of the code itself begins with three backticks, with fences of four backticks around the block.',
        ].join('\n'),
      },
    ]);
  });

  it('is asked to correct an answer without a block, and the thinking is no part of the code', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) =>
      call.reply(
        call.index === 0
          ? 'x = 1'
          : `<think>${fenced('python', 'draft')}</think>${fenced('python', 'x = 1')}`,
      ),
    );
    const { form, messages } = await requestOf('python');
    const reply = await models.ask({ alias: 'writer', column: 'c', messages, form, rowId: '', priority: 0 });
    expect(reply).toMatchObject({ ok: true, value: { value: 'x = 1' } });
    expect(server.calls[1]?.messages.slice(1)).toEqual([
      { role: 'assistant', content: 'x = 1' },
      {
        role: 'user',
        content: [
          'This answer cannot be used:',
          '- the answer has no code block: put the code between the fences ```python and ```',
          '',
          'Give the whole answer again with this put right.',
          '',
          form.instructions,
        ].join('\n'),
      },
    ]);
  });

  it('fails without a block in the end, and no answer is lost', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(`no code ${call.index}`));
    const { form, messages } = await requestOf('python');
    const reply = await models.ask({ alias: 'writer', column: 'c', messages, form, rowId: '', priority: 0 });
    expect(reply).toMatchObject({
      ok: false,
      error: {
        class: 'schema',
        message: expect.stringContaining('the answer has no code block'),
        hint: 'clarify the prompt; --retry-failed asks again',
      },
    });
    expect(reply.ok ? [] : reply.error.attempts.map(({ answer }) => answer)).toEqual(
      server.calls.map((_, index) => `no code ${index}`),
    );
  });

  it('fails with an answer that was cut off, also when a block was complete', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(fenced('python', 'x'), { finishReason: 'length' }));
    const { form, messages } = await requestOf('python');
    const reply = await models.ask({ alias: 'writer', column: 'c', messages, form, rowId: '', priority: 0 });
    expect(reply).toMatchObject({ ok: false, error: { class: 'length' } });
  });
});
