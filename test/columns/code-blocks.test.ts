import { describe, expect, it } from '@jest/globals';
import { codeBlocksIn } from '../../src/columns/code-blocks.js';

const codes = (text: string): readonly string[] => codeBlocksIn(text).map(({ code }) => code);

describe('codeBlocksIn', () => {
  // The examples 119 to 147 of CommonMark 0.31.2 that have a block, or look as if they had.
  it.each<[number, string, readonly string[]]>([
    [119, '```\n<\n >\n```', ['<\n >']],
    [120, '~~~\n<\n >\n~~~', ['<\n >']],
    [121, '``\nfoo\n``', []],
    [122, '```\naaa\n~~~\n```', ['aaa\n~~~']],
    [123, '~~~\naaa\n```\n~~~', ['aaa\n```']],
    [124, '````\naaa\n```\n``````', ['aaa\n```']],
    [125, '~~~~\naaa\n~~~\n~~~~', ['aaa\n~~~']],
    [126, '```', ['']],
    [127, '`````\n\n```\naaa', ['\n```\naaa']],
    [128, '> ```\n> aaa\n\nbbb', ['aaa']],
    [129, '```\n\n  \n```', ['\n  ']],
    [130, '```\n```', ['']],
    [131, ' ```\n aaa\naaa\n```', ['aaa\naaa']],
    [132, '  ```\naaa\n  aaa\naaa\n  ```', ['aaa\naaa\naaa']],
    [133, '   ```\n   aaa\n    aaa\n  aaa\n   ```', ['aaa\n aaa\naaa']],
    [135, '```\naaa\n  ```', ['aaa']],
    [136, '   ```\naaa\n  ```', ['aaa']],
    [137, '```\naaa\n    ```', ['aaa\n    ```']],
    [138, '``` ```\naaa', []],
    [140, 'foo\n```\nbar\n```\nbaz', ['bar']],
    [141, 'foo\n---\n~~~\nbar\n~~~\n# baz', ['bar']],
    [142, '```ruby\ndef foo(x)\n  return 3\nend\n```', ['def foo(x)\n  return 3\nend']],
    [143, '~~~~    ruby startline=3 $%@#$\ndef foo(x)\nend\n~~~~~~~', ['def foo(x)\nend']],
    [144, '````;\n````', ['']],
    [145, '``` aa ```\nfoo', []],
    [146, '~~~ aa ``` ~~~\nfoo\n~~~', ['foo']],
  ])('reads example %i', (_example, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  it.each([
    ['```python', 'python'],
    ['``` C++', 'c++'],
    ['```c#', 'c#'],
    ['```objective-c', 'objective-c'],
    ['```python title="a.py"', 'python'],
    ['```python:src/main.py', 'python'],
    ['```{.python .numberLines}', 'python'],
    ['```{python}', 'python'],
    ['~~~', ''],
  ])('reads the tag of %s', (fence, tag) => {
    expect(codeBlocksIn(`${fence}\nx\n`).map((block) => block.tag)).toEqual([tag]);
  });

  it('ends lines with a line feed', () => {
    expect(codes('```js\r\na\r\nb\r\n```\r\n')).toEqual(['a\nb']);
  });

  it('ends an inner block before the outer one', () => {
    expect(codes('```bash\ncat <<EOF\n```sh\nnpm i\n```\nEOF\n```\nDone.')).toEqual([
      'cat <<EOF\n```sh\nnpm i\n```\nEOF',
    ]);
  });

  it.each([
    ['a second block opens before the first is closed', '```py\na\n\n```py\nb\n```'],
    ['words follow the last fence', '```py\na\n``` I hope that helps!'],
  ])('is not clear when %s', (_why, text) => {
    expect(codeBlocksIn(text)[0]).toMatchObject({ isClear: false });
  });

  it('reads a block of an item, without the indentation', () => {
    expect(
      codes('1. Install it:\n\n   ```sh\n   npm i\n     -D\n   ```\n\n2. ```sh\n   npm test\n   ```'),
    ).toEqual(['npm i\n  -D', 'npm test']);
  });

  it('ends a block with its quote', () => {
    expect(codes('> > ```c\n> >   int a;\n> that was it\n\n```\nb\n```')).toEqual(['  int a;', 'b']);
  });

  it('takes linear time', () => {
    const started = process.cpuUsage();
    const hard = [' '.repeat(200_000), '> '.repeat(100_000), '- '.repeat(100_000), '`'.repeat(200_000)];
    for (const text of [...hard, '```a\n'.repeat(50_000), `\`\`\`\n${hard.join('\n')}`]) codeBlocksIn(text);
    expect(process.cpuUsage(started).user).toBeLessThan(5e6);
  });
});
