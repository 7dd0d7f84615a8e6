// Runs while the gallery's module is still being loaded, and sends the requests that this would send first:
// first-answers.ts takes the answers. vite.config.ts puts it into the page, with the queries of the first list.
{
  const { upload, capture } = document.currentScript.dataset; // the query of each order
  const answers = new Map();
  globalThis.firstAnswers = answers;
  const ask = (path, headers = {}) => {
    const answer = fetch(path, { headers });
    answer.catch(() => {}); // the module asks again
    answers.set(location.origin + path, { headers, answer });
    return answer;
  };
  const kept = (name) => sessionStorage.getItem(`safelight-${name}`);
  const askForList = (info, user, headers) => {
    if (/[^ -~]/.test(user)) return; // the client has its own rule for such names
    const ofUser = user ? `${new URLSearchParams({ user_id: user })}&` : '';
    const list = info.taken && (user || info.taken_of_all !== false) ? capture : upload; // as orderOf in app-info.ts
    ask(`/images?${ofUser}${list}`, user ? { ...headers, 'x-user-id': user } : headers);
  };
  ask('/app.json')
    .then((answer) => answer.clone().json())
    .then((info) => {
      const address = new URLSearchParams(location.search);
      const shown = address.get('user') || undefined;
      const isFiltered = ['q', 'tag', 'type', 'month', 'visibility'].some((name) => address.has(name));
      if (isFiltered && info.auth.length === 0) return; // the module knows the filters
      if (info.auth.length === 0) return askForList(info, shown);
      // Somebody who was signed in before a reload. Without the answer of /whoami the module takes no list.
      const [token, caller] = [kept('credential'), JSON.parse(kept('caller'))];
      if (!token || !caller) return;
      const headers = { authorization: `Bearer ${token}` };
      ask('/whoami', headers);
      const { kind, scopes, users, metadata } = caller;
      const seesDates = kind !== 'view-token' || metadata;
      if (!isFiltered && kind !== 'upload-token' && scopes.includes('images:read'))
        askForList(seesDates ? info : {}, !users || users.includes(shown) ? shown : users[0], headers);
    })
    .catch(() => {}); // no answer, or no storage: the module asks for all of it
}
