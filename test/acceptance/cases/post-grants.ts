import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Grant } from '../answers.ts';
import { type Api, bodyOf, json, newUser } from '../api.ts';
import { patientFetch } from '../patience.ts';
import { type Bytes, bytesOf, HTML, picture, pictureOfSize } from '../pictures.ts';
import { requireRefused, type StoreAnswer, storeAnswer } from '../store-answer.ts';

/** The body of a browser's form: the fields, then the file. */
async function submit(
  grant: Grant,
  bytes: Bytes,
  changes: Record<string, string | undefined> = {},
): Promise<StoreAnswer> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...grant.fields, ...changes })) {
    if (value !== undefined) form.set(name, value);
  }
  form.set('file', new File([bytes], 'a.png', { type: 'image/png' }));
  return storeAnswer(patientFetch(grant.upload_url, { method: 'POST', body: form }));
}

export const describePostGrants = (api: Api): void => {
  const granted = (fields: object = {}) => api.grant({ user_id: newUser(), method: 'POST', ...fields });
  const requirePending = async ({ image_id }: Grant): Promise<void> =>
    assert.equal((await api.metadata(image_id)).status, 'pending');

  if (api.lacks('post-policy')) {
    it('A grant with method: "POST" is refused if the store accepts no forms', async () => {
      const form = json({ user_id: newUser(), content_type: 'image/png', method: 'POST' });
      await api.refused('invalid-request', '/images/upload', form, 'method');
    });
    return;
  }

  describe('A POST grant', () => {
    it('has the fields of a form that uploads the image', async () => {
      const grant = await granted();
      assert.equal(grant.method, 'POST');
      assert.equal(grant.fields['Content-Type'], 'image/png');
      const bytes = await picture();
      const status = await submit(grant, bytes);
      assert.ok(status === 200 || status === 201 || status === 204, `the POST was answered ${status}`);
      assert.deepEqual(await bodyOf(await api.send(`/images/${grant.image_id}`)), bytes);
      assert.equal((await api.metadata(grant.image_id)).status, 'ready');
    });

    it('refuses a form with another key, another Content-Type or none', async () => {
      const grant = await granted();
      const bytes = await picture();
      requireRefused(await submit(grant, bytes, { key: `${grant.fields['key']}x` }));
      requireRefused(await submit(grant, bytes, { key: (await granted()).fields['key'] }));
      requireRefused(await submit(grant, bytes, { 'Content-Type': 'image/jpeg' }));
      requireRefused(await submit(grant, bytes, { 'Content-Type': undefined }));
      await requirePending(grant);
    });

    it('refuses a form with a changed policy, a wrong signature or none', async () => {
      const grant = await granted();
      const bytes = await picture();
      const policy = Buffer.from(grant.fields['policy'] ?? grant.fields['Policy'] ?? '', 'base64').toString();
      const wider = Buffer.from(policy.replaceAll('image/png', 'image/gif')).toString('base64');
      const policyName = 'policy' in grant.fields ? 'policy' : 'Policy';
      const signatureName = Object.keys(grant.fields).find((name) => /^x-amz-signature$/i.test(name)) ?? '';
      requireRefused(await submit(grant, bytes, { [policyName]: wider, 'Content-Type': 'image/gif' }));
      requireRefused(await submit(grant, bytes, { [signatureName]: '0'.repeat(64) }));
      requireRefused(await submit(grant, bytes, { [signatureName]: undefined }));
      await requirePending(grant);
    });

    it('refuses a form with a field that its policy does not name', async () => {
      const grant = await granted();
      requireRefused(await submit(grant, await picture(), { acl: 'public-read' }));
      await requirePending(grant);
    });

    it('refuses an empty file, and a file one byte over max_size', async () => {
      const grant = await granted();
      requireRefused(await submit(grant, bytesOf('')));
      const tooMany = new Uint8Array(grant.max_size + 1);
      requireRefused(await submit(grant, tooMany));
      await requirePending(grant);
    });

    it('with size accepts exactly that length', async () => {
      const bytes = await picture();
      const grant = await granted({ size: bytes.length });
      requireRefused(await submit(grant, await pictureOfSize(bytes.length + 100)));
      requireRefused(await submit(grant, bytes.subarray(0, -1)));
      await requirePending(grant);
      await submit(grant, bytes);
      assert.equal((await api.metadata(grant.image_id)).size, bytes.length);
    });

    it('with refused bytes makes the image rejected', async () => {
      const grant = await granted();
      await submit(grant, HTML);
      const { status, rejection } = await api.metadata(grant.image_id);
      assert.deepEqual([status, rejection?.code], ['rejected', 'unsupported-type']);
    });
  });
};
