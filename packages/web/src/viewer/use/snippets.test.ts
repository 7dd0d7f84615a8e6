import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imgHtml, pictureCode } from './snippets.ts';

const ID = '019a0000-0000-7000-8000-000000000000';

describe('an <img> to copy', () => {
  it('escapes what would end an attribute', () => {
    const html = imgHtml({ src: 'http://a/?x=1&y=2', width: 3, height: 2, alt: `"><script>'&amp;` });
    assert.equal(
      html,
      `<img src="http://a/?x=1&amp;y=2" width="3" height="2" alt="&quot;&gt;&lt;script&gt;'&amp;amp;" loading="lazy" style="max-width: 100%; height: auto">`,
    );
  });

  it('has a srcset only with its sizes', () => {
    const both = imgHtml({ src: 'a', srcSet: 'a 1w, b 2w', sizes: '50vw', width: 2, height: 1, alt: '' });
    assert.match(both, / srcset="a 1w, b 2w" sizes="50vw" /);
    assert.doesNotMatch(imgHtml({ src: 'a', width: 2, height: 1, alt: '' }), /srcset|sizes/);
  });
});

describe('the code of <Picture>', () => {
  const parts = { baseUrl: 'https://images.example.org', id: ID, presets: ['thumb', `it's "so"`] };

  it('has a token where the service needs one', () => {
    assert.match(pictureCode({ ...parts, isClosed: true }), /token: fetchToken \}.*async function fetchToken/s);
    assert.doesNotMatch(pictureCode({ ...parts, isClosed: false }), /token/i);
  });

  it('names the presets as strings, whatever their names', () => {
    const [, list = ''] = /preset=\{(\[.*?\])\}/.exec(pictureCode({ ...parts, isClosed: false })) ?? [];
    // biome-ignore lint/security/noGlobalEval: the code is what is tested.
    assert.deepEqual(eval(list), parts.presets);
  });
});
