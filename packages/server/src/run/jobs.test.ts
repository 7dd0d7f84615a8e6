import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTraceParent } from '../domain/trace-parent.ts';
import { sampleJob, sampleJobs } from '../jobs/sample-job.fixture.ts';
import { JOB_CODEC } from './jobs.ts';

const { imageId } = sampleJob();

describe('the body of a job', () => {
  for (const job of sampleJobs()) {
    it(`decodes to the job it was encoded from: ${job.kind}`, () => {
      assert.deepEqual(JOB_CODEC.decode(JOB_CODEC.encode(job)), { kind: 'job', job });
    });
  }

  it('has the format that other versions read', () => {
    const bodies = sampleJobs().map(({ kind }) => JOB_CODEC.encode({ kind, imageId }));
    assert.deepEqual(bodies, [
      `{"kind":"finalize","image_id":"${imageId}"}`,
      `{"kind":"maintain","image_id":"${imageId}"}`,
    ]);
  });

  it('may have fields that this version does not know', () => {
    const job = sampleJob();
    const body = JSON.stringify({ ...JSON.parse(JOB_CODEC.encode(job)), urgency: 'high' });
    assert.deepEqual(JOB_CODEC.decode(body), { kind: 'job', job });
  });

  it('carries the span that sent it', () => {
    const trace = parseTraceParent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01') ?? assert.fail();
    const job = { ...sampleJob(), trace };
    assert.deepEqual(JOB_CODEC.decode(JOB_CODEC.encode(job)), { kind: 'job', job });
  });

  for (const trace of [1, null, {}, '', 'x'.repeat(100_000), '00-0-0-01']) {
    it(`is the same job with a trace that is none: ${JSON.stringify(trace).slice(0, 20)}`, () => {
      const job = sampleJob();
      const body = JSON.stringify({ ...JSON.parse(JOB_CODEC.encode(job)), trace });
      assert.deepEqual(JOB_CODEC.decode(body), { kind: 'job', job });
    });
  }

  const others: Record<string, string> = {
    'empty text': '',
    'invalid JSON': '{"kind":"finalize"',
    null: 'null',
    'a number': '1',
    'a list': '[]',
    'a job without a kind': JSON.stringify({ image_id: imageId }),
    'a job whose kind is a list': JSON.stringify({ kind: ['maintain'], image_id: imageId }),
    'a finalize job without an image': '{"kind":"finalize"}',
    'a maintain job without an image': '{"kind":"maintain"}',
    'a job with an invalid image id': '{"kind":"finalize","image_id":"1"}',
    'a job with a list of images': `{"kind":"finalize","image_id":["${imageId}"]}`,
    'a job whose image id is a number': '{"kind":"finalize","image_id":1}',
  };
  for (const [what, body] of Object.entries(others)) {
    it(`is not read as a job if it is ${what}`, () => assert.equal(JOB_CODEC.decode(body), undefined));
  }

  for (const [what, kind] of Object.entries({
    'from a later version': 'repaint',
    'that only a bucket sends': 'arrival',
    'that objects inherit': 'toString',
  })) {
    it(`is read as an unknown job if its kind is one ${what}`, () => {
      const body = JSON.stringify({ kind, image_id: imageId });
      assert.deepEqual(JOB_CODEC.decode(body), { kind: 'unknown-job', named: kind });
    });
  }
});
