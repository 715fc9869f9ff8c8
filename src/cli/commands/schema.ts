import { pluginsFlag } from '../flags.js';
import { Args } from '@oclif/core';
import { DdCommand } from '../command.js';

/** `dd schema [NAME]`: the recipe language, for editors, people and coding agents. */
export default class Schema extends DdCommand {
  static override summary = 'Show the reference of the recipe language.';

  static override description =
    'Without a name, prints the JSON Schema of recipes. With the name of a column type, a seed type or a section, prints its reference as text, or with --json its JSON Schema. `dd schema recipe` lists the sections, `dd schema columns` the column types.';

  static override examples = [
    '<%= config.bin %> schema > recipe.schema.json',
    '<%= config.bin %> schema llm-judge',
    '<%= config.bin %> schema seed --json',
    '<%= config.bin %> schema --plugins ./my-columns.mjs > recipe.schema.json',
  ];

  static override enableJsonFlag = true;
  static override flags = { plugins: pluginsFlag() };

  static override args = {
    name: Args.string({ description: 'For example llm-judge, agent_rollout or model_configs.' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Schema);
    const registries = await this.registriesWith(flags.plugins ?? []);
    const { schemaNames, schemaPart, standaloneSchema, wholeSchema } =
      await import('../../authoring/schema-reference.js');
    if (args.name === undefined) {
      const schema = wholeSchema(registries);
      this.log(JSON.stringify(schema, undefined, 2));
      return { schema };
    }
    const part = schemaPart(args.name, registries);
    if (!part) {
      const { didYouMean } = await import('../../core/suggest.js');
      const names = schemaNames(registries);
      const hint = didYouMean(args.name, names) ?? `the names are ${names.join(', ')}`;
      return this.fail({ message: `nothing in a recipe is called \`${args.name}\``, hint });
    }
    const { renderReference } = await import('../render/schema-reference.js');
    this.log(renderReference(part, Math.min(process.stdout.columns || 100, 100)));
    return { name: part.name, schema: standaloneSchema(part) };
  }
}
