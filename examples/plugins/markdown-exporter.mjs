/** An exporter: a Markdown file with one section a row. */
import { definePlugin } from 'dd-recipes';

const markdown = {
  name: 'markdown',
  summary: 'One section a row, for reading.',
  extension: 'md',
  async *encode(rows, { columns }) {
    let number = 0;
    for await (const row of rows) {
      number += 1;
      yield `## Row ${number}\n\n`;
      for (const { name } of columns) yield `* **${name}**: ${textOf(row[name])}\n`;
      yield '\n';
    }
  },
};

const textOf = (value) => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

export default definePlugin({ name: 'markdown', exporters: [markdown] });
