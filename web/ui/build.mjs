/**
 * Bundles the islands: every file directly in src/ is one (`<name>.js`, `<name>.css`), folders hold their parts.
 *
 * Writes, into the folder given as argument, hashed files, `manifest.json` (`{"diagram": ["diagram-….css",
 * "diagram-….js"]}`, read by web/islands.py) and `THIRD_PARTY.txt` with the licence of every package bundled.
 */
import { build } from 'esbuild';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { thirdParty } from './third_party.mjs';

const folder = process.argv[2];
if (!folder) throw new Error('expected the folder to write to as argument, but got none');

const entries = readdirSync('src').filter(name => ['.js', '.jsx', '.css'].includes(extname(name))).sort();

const { metafile } = await build({
  alias: { '@bpmn-io/element-templates-validator': './src/instead/element_templates_validator.js' },
  entryPoints: entries.map(name => join('src', name)),
  outdir: folder,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  metafile: true,
  legalComments: 'none', // all licences are in THIRD_PARTY.txt
  entryNames: '[name]-[hash]',
  chunkNames: 'part-[hash]',
  assetNames: '[name]-[hash]',
  jsx: 'automatic',
  jsxImportSource: '@bpmn-io/properties-panel/preact',
  // Only what a current browser asks for: the other formats of a font become empty.
  loader: { '.woff2': 'file', '.woff': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'dataurl' },
  logLevel: 'warning',
});

const manifest = {};
for (const [path, output] of Object.entries(metafile.outputs)) {
  if (!output.entryPoint) continue;
  const name = basename(output.entryPoint, extname(output.entryPoint));
  const files = [output.cssBundle, path].filter(Boolean).map(each => basename(each));
  manifest[name] = [...(manifest[name] ?? []), ...files].sort();
}
writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');
writeFileSync(join(folder, 'THIRD_PARTY.txt'), thirdParty(Object.keys(metafile.inputs)));
