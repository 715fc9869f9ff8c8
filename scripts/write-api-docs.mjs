/**
 * Writes docs/api.md from the TSDoc of src/index.ts, by TypeDoc. Its packages are fetched for this call alone: they need
 * a TypeScript of their own, and no test or user needs them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const packages = ['typedoc@0.28', 'typedoc-plugin-markdown@4', 'typescript@5.9'];
const folder = mkdtempSync('api-docs-');

execFileSync(
  'npm',
  [
    'exec',
    '--yes',
    ...packages.map((name) => `--package=${name}`),
    '--',
    'typedoc',
    '--plugin',
    'typedoc-plugin-markdown',
    '--entryPoints',
    'src/index.ts',
    '--tsconfig',
    'tsconfig.build.json',
    '--out',
    folder,
    '--outputFileStrategy',
    'modules',
    '--name',
    'dd-recipes',
    '--readme',
    'none',
    '--disableSources',
    '--excludeExternals',
    '--skipErrorChecking',
    '--hideBreadcrumbs',
    '--hidePageHeader',
    '--interfacePropertiesFormat',
    'table',
    '--typeDeclarationFormat',
    'table',
    '--parametersFormat',
    'table',
    '--validation.notExported',
    'false',
  ],
  { stdio: 'inherit' },
);
renameSync(join(folder, 'README.md'), 'docs/api.md');
rmSync(folder, { recursive: true });
execFileSync('npx', ['prettier', '--write', '--log-level', 'warn', 'docs/api.md'], { stdio: 'inherit' });
