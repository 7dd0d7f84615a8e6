import { ALL } from '../library/library-query.ts';
import { useLibrary } from '../library/source.tsx';
import { go, toQuery } from '../routes.ts';
import { Button } from '../ui/button.tsx';
import style from './filters.module.css';
import { useSuggestedTags } from './use-suggested-tags.ts';

/** The filters leave no picture. Words don't find tags, but may have been meant as one. */
export function NoMatches() {
  const { query } = useLibrary();
  const { words, tags } = query;
  const meant = useSuggestedTags(words).find(({ tag }) => tag === words)?.tag;
  return (
    <div className={style['nothing']}>
      <p role="status">No picture matches these filters.</p>
      {meant !== undefined && (
        <Button isMain onClick={() => go(toQuery({ ...query, words: undefined, tags: [...tags, meant] }))}>
          Those with the tag “<bdi>{meant}</bdi>”
        </Button>
      )}
      <Button onClick={() => go(toQuery(ALL))}>Show all pictures</Button>
    </div>
  );
}
