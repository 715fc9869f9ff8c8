import { failureOf } from '../failure.js';
import type { ColumnValidator, ValidatorType } from '../types.js';
import { missingPackage, type CheckedLanguage } from './language.js';
import { javascript, typescript } from './javascript.js';
import { python } from './python.js';
import { SQL_DIALECTS } from './sql.js';

type CodeParams = { readonly code_lang: string };

const LANGUAGES: Readonly<Record<string, CheckedLanguage>> = {
  python,
  javascript,
  typescript,
  ...SQL_DIALECTS,
};

/** `code`: the code of each target column, checked without running it. */
export const code: ValidatorType<CodeParams> = {
  type: 'code',
  summary: 'Code, checked by a linter or a parser of its language. It is never run.',
  schema: {
    properties: {
      code_lang: { enum: Object.keys(LANGUAGES), description: 'Language of the code; SQL with its dialect.' },
    },
    required: ['code_lang'],
  },
  prepare({ code_lang }, report) {
    const language = LANGUAGES[code_lang];
    if (!language) throw new Error(`the schema let ${code_lang} pass`);
    const command = missingPackage(language.package);
    if (command !== undefined)
      report({
        code: 'missing-package',
        message: `checking ${code_lang} needs the package \`${language.package}\`, which is not installed`,
        hint: command,
        at: ['code_lang'],
      });
    return validatorOf(language);
  },
};

function validatorOf({ result, check }: CheckedLanguage): ColumnValidator {
  return {
    checks: 'column',
    result,
    validate: async (value) =>
      typeof value === 'string' ? check(value) : failureOf(`it is ${typeof value}, not text`),
  };
}
