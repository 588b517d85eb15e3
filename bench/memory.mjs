import { randomBytes } from 'node:crypto';
import { memoryStore } from '../dist/src/stores/memory.js';
import { usedBytes } from './lib/memory.mjs';
import { demand } from './lib/measure.mjs';

const FAMILIES = 1_000_000;

/** What a million live sessions weigh in the memory store. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function memoryRows() {
  const store = memoryStore();
  const before = usedBytes();
  let last = '';
  for (let index = 0; index < FAMILIES; index++) {
    last = randomBytes(16).toString('base64url');
    await store.familyCreate({
      id: last,
      owner: `jwt-pair:user-${index % 300_000}`,
      data: null,
      idleMs: 604_800_000,
      absoluteAt: null,
      feedMs: 3_660_000,
    });
  }
  const median = (usedBytes() - before) / FAMILIES;
  demand('the last of the families is found', (await store.familyGet(last)) !== null);
  await store.close();
  return [
    {
      group: 'memory',
      row: `one of ${FAMILIES.toLocaleString('en')} live families in the memory store`,
      floor: null,
      unit: 'bytes',
      results: { portcullis: { median, spread: 0 } },
      targets: [{ candidate: 'portcullis', atMost: 350 }],
    },
  ];
}
