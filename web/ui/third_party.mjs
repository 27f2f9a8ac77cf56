/** Collects the licences of what is in the bundle. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying)/i;

/**
 * Return one text with name, version, licence and licence text of every package the inputs come from.
 *
 * @param {string[]} inputs paths of bundled files, as in esbuild's metafile
 */
export function thirdParty(inputs) {
  const folders = [...new Set(inputs.map(packageFolder).filter(Boolean))].sort();
  return folders.map(described).join('\n' + '-'.repeat(80) + '\n');
}

function packageFolder(input) {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
  if (!found) return null;
  return existsSync(join(found[0], 'package.json')) ? found[0] : null;
}

function described(folder) {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const head = `${about.name} ${about.version} (${about.license ?? 'licence: see the text'})`;
  const texts = readdirSync(folder).filter(name => LICENCE_FILE.test(name)).sort();
  const text = texts.map(name => readFileSync(join(folder, name), 'utf8').trim()).join('\n\n');
  return `${head}\n\n${text || 'The package has no licence text of its own.'}\n`;
}
