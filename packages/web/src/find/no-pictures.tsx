import { ALL } from '../library/library-query.ts';
import { useLibrary } from '../library/source.tsx';
import { go, toQuery } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { useKnownUsers } from '../session/use-known-users.ts';
import { UserField } from '../session/user-field.tsx';
import { Button } from '../ui/button.tsx';
import style from './filters.module.css';
import { useSuggestedTags } from './use-suggested-tags.ts';

/** In place of the pictures, where the filters need a user or leave none. */
export const NoPictures = ({ isUserMissing }: { readonly isUserMissing: boolean }) =>
  isUserMissing ? <ChooseUser /> : <NoMatches />;

/** The service searches the words of one user's pictures, and perhaps finds only those by tag and type. */
function ChooseUser() {
  const session = useSession();
  const known = useKnownUsers(session);
  const { words } = useLibrary().query;
  const { users, ownUser, chooseUser } = session;
  return (
    <div className={style['nothing']}>
      <p role="status">Choose a user to search by {words === undefined ? 'tag or type' : 'words'}.</p>
      <UserField
        label="Whose pictures"
        value={undefined}
        proposed={ownUser}
        known={users ?? known}
        isLimited={users !== undefined}
        everybody={false}
        action="Search"
        onChoose={chooseUser}
      />
    </div>
  );
}

/** The filters leave no picture. Words don't find tags, but may have been meant as one. */
function NoMatches() {
  const { query } = useLibrary();
  const { words, tags } = query;
  const meant = useSuggestedTags(words).find(({ tag }) => tag === words)?.tag;
  return (
    <div className={style['nothing']}>
      <p role="status">No picture matches these filters.</p>
      {meant !== undefined && (
        <Button isMain onClick={() => go(toQuery({ ...query, words: undefined, tags: [...tags, meant] }))}>
          <span>
            Those with the tag “<bdi>{meant}</bdi>”
          </span>
        </Button>
      )}
      <Button onClick={() => go(toQuery(ALL))}>Show all pictures</Button>
    </div>
  );
}
