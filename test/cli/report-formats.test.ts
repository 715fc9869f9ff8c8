import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from '@jest/globals';
import { CODES } from '../../src/recipe/codes.js';
import { reported } from '../../src/cli/render/report/report.js';
import type { ReportedFile } from '../../src/cli/render/report/types.js';
import { github } from '../../src/cli/render/report/github.js';
import { sarif } from '../../src/cli/render/report/sarif.js';
import { sarifSchema } from './sarif-schema.js';

const style = { color: false, width: 100 };

const TEXT = 'columns:\n  - name: a\n    promt: |\n      hello\n';

const unknownKey = reported(
  {
    severity: 'error',
    code: 'unknown-key',
    message: 'unknown key `promt` in column `a`',
    hint: 'did you mean `prompt`?',
    file: 'x',
    span: { offset: TEXT.indexOf('promt'), length: 5 },
  },
  TEXT,
);

const recipe = (file: string, ...diagnostics: ReportedFile['diagnostics']): ReportedFile => ({
  file,
  valid: !diagnostics.some(({ severity }) => severity === 'error'),
  diagnostics,
  text: TEXT,
});

describe('--format github', () => {
  const lines = (...files: readonly ReportedFile[]): readonly string[] => github(files, style).split('\n');

  it('says each mistake as an annotation at its place, the hint on a line of its own', () => {
    expect(lines(recipe('recipes/x.yaml', unknownKey))).toEqual([
      '::error file=recipes/x.yaml,line=3,col=5,endLine=3,endColumn=10,title=unknown-key::unknown key `promt` in column `a`%0Adid you mean `prompt`?',
      '1 recipe checked, 1 not valid',
    ]);
  });

  it('leaves columns out where the stretch has more than one line, and the place where there is none', () => {
    const [long, whole] = lines(
      recipe(
        'x.yaml',
        { ...unknownKey, endLine: 4, endColumn: 2 },
        {
          severity: 'warning',
          code: 'empty-recipe',
          message: 'the recipe is empty',
          file: 'x.yaml',
        },
      ),
    );
    expect(long).toContain('::error file=x.yaml,line=3,endLine=4,title=unknown-key::');
    expect(whole).toBe('::warning file=x.yaml,title=empty-recipe::the recipe is empty');
  });

  it('cannot be made to say anything else by a name or a message', () => {
    const [line, summary, ...more] = lines(
      recipe('a,line=1::b%\n::set-env.yaml', {
        severity: 'error',
        code: 'unknown-value',
        message: 'cannot be `50%`\r\n::error::gotcha \u001b[31mred',
        file: 'a',
      }),
    );
    expect(line).toBe(
      '::error file=a%2Cline=1%3A%3Ab%25%0A%3A%3Aset-env.yaml,title=unknown-value::cannot be `50%25`%0A::error::gotcha red',
    );
    expect([summary, ...more]).toEqual(['1 recipe checked, 1 not valid']);
  });

  it('annotates nothing where nothing is wrong', () => {
    expect(lines(recipe('a.yaml'), recipe('b.yaml'))).toEqual(['2 recipes checked, all valid']);
  });
});

describe('--format sarif', () => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  const isSarif = ajv.compile(sarifSchema);

  interface Log {
    readonly runs: readonly [
      {
        readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
        readonly results: readonly {
          readonly ruleId: string;
          readonly ruleIndex: number;
          readonly locations: readonly [{ readonly physicalLocation: object }];
        }[];
      },
    ];
  }

  const logOf = (...files: readonly ReportedFile[]): Log => {
    const log: unknown = JSON.parse(sarif(files, style));
    isSarif(log);
    expect(isSarif.errors).toBeNull();
    return log as Log;
  };

  it('conforms to SARIF 2.1.0 with and without findings', () => {
    expect(logOf().runs[0].results).toEqual([]);
    expect(logOf(recipe('a.yaml'), recipe('b.yaml', unknownKey)).runs[0].results).toHaveLength(1);
  });

  it('marks the very stretch, its end behind its last character', () => {
    const [found] = logOf(recipe('recipes/x.yaml', unknownKey)).runs[0].results;
    expect(found?.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'recipes/x.yaml', uriBaseId: 'SRCROOT' },
          region: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 10 },
        },
      },
    ]);
  });

  it('encodes paths as URIs, and says absolute ones whole', () => {
    const files = ['my recipes/50% ü#1?.yaml', '/elsewhere/a b.yaml'].map((file) => recipe(file, unknownKey));
    const places = logOf(...files).runs[0].results.map(({ locations: [place] }) => place.physicalLocation);
    expect(places).toMatchObject([
      { artifactLocation: { uri: 'my%20recipes/50%25%20%C3%BC%231%3F.yaml', uriBaseId: 'SRCROOT' } },
      { artifactLocation: { uri: 'file:///elsewhere/a%20b.yaml' } },
    ]);
  });

  it('lists each rule once, and every result points at its own', () => {
    const other = { ...unknownKey, code: 'missing-key' };
    const [run] = logOf(recipe('a.yaml', unknownKey, other), recipe('b.yaml', unknownKey)).runs;
    expect(run.tool.driver.rules).toMatchObject([
      { id: 'missing-key', shortDescription: { text: CODES.get('missing-key')?.title } },
      { id: 'unknown-key', help: { text: expect.stringContaining(CODES.get('unknown-key')?.todo ?? '?') } },
    ]);
    for (const { ruleId, ruleIndex } of run.results)
      expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });
});
