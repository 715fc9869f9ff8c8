import { jsonDocument } from '../json-document.js';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Json, JsonObject } from '../../../core/json.js';
import { CODES } from '../../../recipe/codes.js';
import { version } from '../../../core/package-folder.js';
import type { ReportedDiagnostic, ReportedFile, Reporter } from './types.js';
import { safe } from '../text.js';

/**
 * SARIF 2.1.0 (OASIS), the format of code scanning services. Paths are relative to `SRCROOT`, the current
 * folder of `dd`, which the reader resolves.
 */
export const sarif: Reporter = (files) => {
  const codes = [...new Set(files.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code)))].sort();
  const log: Json = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'dd', version: version(), rules: codes.map(rule) } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { SRCROOT: { description: { text: 'The folder that dd was started in.' } } },
        results: files.flatMap((file) => file.diagnostics.map((found) => result(file, found, codes))),
      },
    ],
  };
  return jsonDocument(log);
};

function rule(code: string): JsonObject {
  const entry = CODES.get(code);
  if (!entry) return { id: code };
  const { title, why, wrong, right, todo } = entry;
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: `${why}\n\nWrong:\n\n${wrong}\n\nRight:\n\n${right}\n\n${todo}` },
  };
}

function result(file: ReportedFile, diagnostic: ReportedDiagnostic, codes: readonly string[]): JsonObject {
  const { severity, code, message, hint } = diagnostic;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: safe(hint === undefined ? message : `${message}\n${hint}`) },
    locations: [{ physicalLocation: { artifactLocation: artifact(file.file), ...region(diagnostic) } }],
  };
}

/** SARIF counts lines and columns as we do, and its regions also end after the last character. */
function region({ line, column, endLine, endColumn }: ReportedDiagnostic): JsonObject {
  if (line === undefined || column === undefined || endLine === undefined || endColumn === undefined)
    return {};
  return { region: { startLine: line, startColumn: column, endLine, endColumn } };
}

/** A relative URI, or an absolute one for files outside the folder. */
function artifact(file: string): JsonObject {
  if (isAbsolute(file)) return { uri: pathToFileURL(file).href };
  return { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'SRCROOT' };
}
