import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable, type TestTable } from '../../../../../../test/servers/table.ts';
import { type Image, type ReadyImage, restore, tombstone, trash } from '../../../domain/image/image.ts';
import { monthOf } from '../../../domain/lists/months.ts';
import { until } from '../../../imaging/processes/process-list.fixture.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { NOTICED_MS } from '../../dynamodb/noticed.ts';
import { giveAttributes, rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { listAll, readyQuery } from '../../images/list-model.fixture.ts';
import { addTaken, requireMonths, taken } from '../../images/months.fixture.ts';
import { addReady, NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { counterOf } from './month-item.ts';
import { removeFormerMonths } from './month-removal.ts';
import { createMonthProcess, type MonthProcess } from './months.fixture.ts';
import type { RecountedTable } from './recount-process.fixture.ts';

const [JULY, AUGUST] = ['2024-07-01T00:00:00.000', '2024-08-01T00:00:00.000'];

describe('several processes that count by month', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createServed(): Promise<TestTable> {
    const table = await createTestTable(server.dynamo);
    const { generations } = createMonthProcess(table);
    await generations.finish(await generations.begin());
    return table;
  }

  const readyOf = ({ images }: MonthProcess) => listAll(images, readyQuery({ userId: 'ada', limit: 100 }));

  /** Builds a generation of what is ready now, once everyone who writes knows that it is built. */
  async function build(process: MonthProcess): Promise<void> {
    const generation = await process.generations.begin();
    for (const { id } of await readyOf(process)) await process.count(id);
    await process.generations.finish(generation);
  }

  const saidBy = async (table: TestTable, { id }: Image) => (await rawItem(table, imageKey(id)))?.['months']?.S;

  it('count nothing before a generation is built, and then what was there before', async () => {
    await using table = await createTestTable(server.dynamo);
    const process = createMonthProcess(table);
    const { images } = process;
    const [kept, trashed] = [await addTaken(images, JULY), await addReady(images)];
    assert.equal(await saidBy(table, kept), undefined);
    const inTrash = trash(trashed, NOW, NOW);
    await images.replace(trashed, inTrash);
    await assert.rejects(images.months({ userId: 'ada', limit: 1 }), /expected a generation/);
    await build(process);
    assert.equal(await saidBy(table, kept), '1:2024-07');
    await requireMonths(images, [kept, inTrash], 'ada');
    await assert.rejects(images.months({ limit: 1 }), /expected an owner/);
    await requireAgreement(table);
  });

  it('are exact after kill -9 while fifty images at once are uploaded, corrected, trashed, restored and deleted', async () => {
    await using table = await createServed();
    const { url: endpoint, region, accessKeyId, secretAccessKey } = server.dynamo;
    const asked: RecountedTable = { name: table.name, endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    const program = join(import.meta.dirname, 'month-process.fixture.ts');
    const killed = [1, 2].map(() => spawn(process.execPath, [program, JSON.stringify(asked)], { stdio: 'inherit' }));
    const own = createMonthProcess(table);
    await until(async () => (await readyOf(own)).length > 100);
    await own.generations.begin();
    const isNoticed = async () => {
      const said = await Promise.all((await readyOf(own)).slice(0, 50).map((image) => saidBy(table, image)));
      return said.some((one) => one?.includes('2:'));
    };
    await until(isNoticed);
    for (const one of killed) {
      one.kill('SIGKILL');
      await once(one, 'exit');
    }
    await requireMonths(own.images, await readyOf(own), 'ada');
    await requireAgreement(table);
    await build(own);
    assert.equal((await own.generations.refresh()).serving, 2);
    await requireMonths(own.images, await readyOf(own), 'ada');
    await requireAgreement(table);
  });

  it('build a generation while images are uploaded and changed', async () => {
    await using table = await createServed();
    const [one, other] = [createMonthProcess(table), createMonthProcess(table)];
    const images = await Promise.all(Array.from({ length: 60 }, () => addTaken(one.images, JULY)));
    await one.generations.begin();
    await other.generations.refresh(); // it has noticed
    const change = async (image: ReadyImage, n: number): Promise<Image> => {
      const next = [taken(image, AUGUST), trash(image, NOW, NOW), tombstone(image, NOW), image][n % 4] ?? image;
      if (next !== image) assert.equal(await other.images.replace(image, next), true);
      if (next.status !== 'trashed' || n % 8 < 4) return next;
      const restored = restore(next, NOW, []);
      assert.equal(await other.images.replace(next, restored), true);
      return restored;
    };
    const added = Array.from({ length: 20 }, () => addTaken(other.images, AUGUST));
    const [, stored, late] = await Promise.all([
      build(one),
      Promise.all(images.map(change)),
      Promise.all(added),
    ] as const);
    await requireMonths(other.images, [...stored, ...late], 'ada');
    await requireAgreement(table);
  });

  it('take nothing out of a generation that one has not noticed', async () => {
    await using table = await createServed();
    const [early, late] = [createMonthProcess(table), createMonthProcess(table, () => 0)];
    const pending = samplePending();
    await early.images.create(pending);
    await late.generations.current();
    await early.generations.begin();
    const image = await addTaken(early.images, JULY);
    assert.equal(await saidBy(table, image), '1:2024-07 2:2024-07');

    const published = samplePublished(pending); // late doesn't know: the walk counts it
    await late.images.replace(pending, published);
    assert.equal(await saidBy(table, published), '1:2026-11');
    const corrected = taken(image, AUGUST);
    assert.equal(await late.images.replace(image, corrected), true);
    assert.equal(await saidBy(table, corrected), '1:2024-08 2:2024-08', 'expected that it looks again');
    await requireAgreement(table);

    await build(early);
    assert.equal(await saidBy(table, published), '1:2026-11 2:2026-11');
    await requireMonths(early.images, [published, corrected], 'ada');
    await requireAgreement(table);
  });

  it('read the generation that is served, also where one has not noticed that it was finished', async () => {
    await using table = await createServed();
    const [early, late] = [createMonthProcess(table), createMonthProcess(table, () => 0)];
    const image = await addTaken(late.images, JULY);
    await build(early);
    const corrected = taken(image, AUGUST);
    await early.images.replace(image, corrected);
    assert.equal(await saidBy(table, image), '2:2024-08');
    await requireMonths(late.images, [corrected], 'ada');
  });

  it('notice a generation within its time', async () => {
    await using table = await createServed();
    let elapsedMs = 0;
    const [early, late] = [createMonthProcess(table), createMonthProcess(table, () => elapsedMs)];
    await late.generations.current();
    await early.generations.begin();
    elapsedMs = NOTICED_MS;
    assert.equal(await saidBy(table, await addTaken(late.images, JULY)), '1:2024-07 2:2024-07');
  });

  it('count what a process of an earlier version changed, with the next write', async () => {
    await using table = await createServed();
    const { images } = createMonthProcess(table);
    const [image, other] = [await addTaken(images, JULY), await addTaken(images, JULY)];
    const counter = counterOf(image, 1, monthOf(image));
    const [said, counted] = [await saidBy(table, image), await rawItem(table, counter)];
    assert.ok(said !== undefined && counted?.['n']);
    const trashed = trash(image, NOW, NOW);
    await images.replace(image, trashed);
    await giveAttributes(table, imageKey(image.id), { months: { S: said } }); // that version knows neither
    await giveAttributes(table, counter, { n: counted['n'] });
    await requireMonths(images, [image, other], 'ada');
    const postponed = { ...trashed, purgeAt: new Date(NOW.getTime() + 1) };
    assert.equal(await images.replace(trashed, postponed), true);
    await requireMonths(images, [other], 'ada');
    await images.replace(postponed, restore(postponed, NOW, []));
    await requireMonths(images, [image, other], 'ada');
    await requireAgreement(table);
  });

  it('remove counters of generations before the one that is served, of that owner alone', async () => {
    await using table = await createServed();
    const process = createMonthProcess(table);
    const { images } = process;
    const [ada, bob] = [await addTaken(images, JULY), await addTaken(images, JULY, { userId: 'bob' })];
    await build(process);
    await process.count(bob.id);
    await removeFormerMonths(createTable(table.client, table.name), 'ada', 2);
    const isThere = async (image: ReadyImage, generation: number) =>
      (await rawItem(table, counterOf(image, generation, monthOf(image)))) !== undefined;
    assert.deepEqual(await Promise.all([isThere(ada, 1), isThere(ada, 2), isThere(bob, 1)]), [false, true, true]);
    await requireMonths(images, [ada], 'ada');
  });
});
