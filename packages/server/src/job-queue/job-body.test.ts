import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bodyOf, jobOf } from './job-body.ts';
import { sampleJob, sampleJobs } from './sample-job.fixture.ts';

const { imageId } = sampleJob();

describe('the body of a job', () => {
  for (const job of sampleJobs()) {
    it(`is read as what it was made of: to ${job.kind}`, () => {
      assert.deepEqual(jobOf(bodyOf(job)), job);
    });
  }

  it('is what other versions know', () => {
    const bodies = sampleJobs().map(({ kind }) => bodyOf({ kind, imageId }));
    assert.deepEqual(bodies, [
      `{"kind":"finalize","image_id":"${imageId}"}`,
      `{"kind":"tend","image_id":"${imageId}"}`,
    ]);
  });

  it('may say more than this version knows', () => {
    const job = sampleJob();
    assert.deepEqual(jobOf(JSON.stringify({ ...JSON.parse(bodyOf(job)), urgency: 'high' })), job);
  });

  const others: Record<string, string> = {
    nothing: '',
    'no JSON': '{"kind":"finalize"',
    null: 'null',
    'a number': '1',
    'a list': '[]',
    'no kind': JSON.stringify({ image_id: imageId }),
    'a kind that is no text': JSON.stringify({ kind: ['tend'], image_id: imageId }),
    'a kind to come': JSON.stringify({ kind: 'repaint', image_id: imageId }),
    'no image': '{"kind":"finalize"}',
    'renditions of no image': '{"kind":"tend"}',
    'an image whose id is none': '{"kind":"finalize","image_id":"1"}',
    'a list of images': `{"kind":"finalize","image_id":["${imageId}"]}`,
    'an image whose id is a number': '{"kind":"finalize","image_id":1}',
  };
  for (const [what, body] of Object.entries(others)) {
    it(`is no job when it is ${what}`, () => assert.equal(jobOf(body), undefined));
  }
});
