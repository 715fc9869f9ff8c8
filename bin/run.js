#!/usr/bin/env node
// Kept in the syntax of old versions of Node, which must be able to read it: nothing else is loaded before the check.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write(
    '\nerror: dd needs Node 20.19 or newer, and this is Node ' +
      process.versions.node +
      '\n       install a newer one from https://nodejs.org, then run the same command again\n',
  );
  process.exit(2);
}
import('../dist/program/main.js').then(function (program) {
  return program.main(process.argv.slice(2), import.meta.url);
});
