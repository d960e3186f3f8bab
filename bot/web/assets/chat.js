/* The chat page. Words of people enter the page as text, never as markup.
   Nothing that was written is lost: it stays on this device, under its own id, until the server has said that it is stored. */
'use strict';
(() => {
  const data = document.body.dataset;
  const { base, chat } = data;
  const words = JSON.parse(data.words);
  const gates = JSON.parse(data.gates);
  const limits = { text: +data.textLimit, file: +data.fileLimit, files: +data.files };
  const $ = (id) => document.getElementById(id);
  const [log, scroll, older, below, status, form, problem, quote, chosen, input, box] =
    ['log', 'scroll', 'older', 'below', 'status', 'compose', 'problem', 'quote', 'chosen', 'files', 'text'].map($);
  const title = document.title;
  const say = (key, fields = {}) => words[key].replace(/\{(\w+)\}/g, (blank, name) => (name in fields ? fields[name] : blank));

  const el = (name, props, ...children) => {
    const made = Object.assign(document.createElement(name), props);
    made.append(...children);
    return made;
  };
  const newId = () => {
    // crypto.randomUUID is missing on plain http and on old phones.
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    const hex = Array.from(b, (n) => n.toString(16).padStart(2, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
  const pad = (n) => String(n).padStart(2, '0');
  const hanoi = (iso) => {
    const at = new Date(Date.parse(iso) + 7 * 3600e3);
    return `${pad(at.getUTCDate())}/${pad(at.getUTCMonth() + 1)} ${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`;
  };
  const later = (a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

  // ---- what this device keeps ----
  const mine = `hotline:${chat}:`;
  // A sender's half-written text outlives the session; a staff member's must not meet the next one who signs in.
  const draftKey = base === '/chat' ? 'hotline:draft' : `hotline:draft:${chat}`;
  const keep = (key, value) => { try { localStorage.setItem(key, value); } catch (e) { /* private mode: only this page keeps it */ } };
  const forget = (key) => { try { localStorage.removeItem(key); } catch (e) { /* the same */ } };
  const recall = (key) => { try { return localStorage.getItem(key); } catch (e) { return null; } };
  const kept = () => {
    try {
      return Object.keys(localStorage).filter((k) => k.startsWith(mine)).map((k) => JSON.parse(localStorage.getItem(k)))
        .sort((a, b) => a.at.localeCompare(b.at));
    } catch (e) { return []; }
  };
  const shelf = (mode, act) => new Promise((done) => {
    try {
      const asked = indexedDB.open('hotline', 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore('files');
      asked.onerror = () => done(undefined);
      asked.onsuccess = () => {
        const change = asked.result.transaction('files', mode);
        const answer = act(change.objectStore('files'));
        change.oncomplete = () => { asked.result.close(); done(answer.result); };
        change.onerror = change.onabort = () => done(undefined);
      };
    } catch (e) { done(undefined); }
  });
  const files = new Map();
  const filesOf = async (item) => files.get(item.client_id) || (await shelf('readonly', (s) => s.get(item.client_id)));

  // ---- drawing ----
  const drawn = new Map();
  let oldest = null;
  const nearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 140;
  const toEnd = () => { scroll.scrollTop = scroll.scrollHeight; below.hidden = true; };

  const linked = (text) => {
    const parts = [];
    let from = 0;
    text.replace(/https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)]|(?:\+84|\b0)\d{9}\b/g, (found, at) => {
      const href = found[0] === 'h' ? found : `tel:${found}`;
      parts.push(text.slice(from, at), el('a', { href, textContent: found, rel: 'noopener noreferrer', target: found[0] === 'h' ? '_blank' : '' }));
      from = at + found.length;
      return found;
    });
    return [...parts, text.slice(from)];
  };
  const paragraphs = (row) => {
    const end = row.text.indexOf('\n');
    const heading = row.direction === 'out' && end > 0 && end < 90 && row.text.split('\n').length > 2;
    const all = heading ? [['first', row.text.slice(0, end)], ['', row.text.slice(end + 1)]] : [['', row.text]];
    return all.filter(([, text]) => text).map(([className, text]) => el('p', { className, dir: 'auto' }, ...linked(text)));
  };
  const fileLink = (file) => {
    const href = `${base}/files/${file.sha256}`;
    if (file.kind !== 'photo') return el('a', { href, className: 'doc', textContent: say('file', file) });
    const picture = el('img', { src: href, alt: say('photo', file), loading: 'lazy' });
    const stay = nearEnd();
    picture.onload = () => { if (stay) toEnd(); };
    return el('a', { href, target: '_blank' }, picture);
  };
  const buttonOf = (row, button, li) => {
    if (button.url) {
      const safe = /^(https?:|tel:|mailto:|\/)/i.test(button.url);
      return el('a', { textContent: button.label, href: safe ? button.url : '#', rel: 'noopener noreferrer' });
    }
    const made = el('button', { type: 'button', textContent: button.label });
    made.onclick = () => {
      li.querySelectorAll('.buttons button').forEach((b) => { b.disabled = true; });
      made.classList.add('chosen');
      made.setAttribute('aria-label', `${button.label} (${say('pressed')})`);
      enqueue({ kind: 'press', payload: button.payload, message_id: row.id });
    };
    return made;
  };
  const built = (row) => {
    const li = el('li', { className: row.kind === 'gate' ? 'gate' : row.direction });
    li.dataset.id = row.id || '';
    if (row.kind === 'gate') {
      li.hidden = !gates[row.gate];
      li.append(el('span', { className: 'gate-name', textContent: gates[row.gate] || '' }));
      return li;
    }
    const bubble = el('div', { className: 'bubble' });
    bubble.append(el('span', { className: 'unseen', textContent: `${say(row.direction === 'in' ? 'you' : 'board_says')}: ` }));
    const cited = row.reply_to && drawn.get(row.reply_to);
    if (cited) bubble.append(el('q', { textContent: cited.row.text.slice(0, 160), dir: 'auto' }));
    row.files.forEach((file) => bubble.append(fileLink(file)));
    bubble.append(...paragraphs(row));
    const meta = el('div', { className: 'meta' });
    meta.append(el('time', { dateTime: row.at, textContent: hanoi(row.at) }));
    if (row.edited) meta.append(el('span', { textContent: `· ${say('edited')}` }));
    if (row.direction === 'in') meta.append(el('span', { className: 'state', textContent: row.state || `✓ ${say('sent')}` }));
    if (row.direction === 'out') {
      const cite = el('button', { type: 'button', className: 'cite', textContent: '↩', title: say('cite') });
      cite.setAttribute('aria-label', say('cite'));
      cite.onclick = () => citing(row);
      meta.append(cite);
    }
    li.append(bubble);
    if (row.buttons.length) {
      const rows = row.buttons.map((line) => el('div', {}, ...line.map((button) => buttonOf(row, button, li))));
      li.append(el('div', { className: 'buttons' }, ...rows));
    }
    li.append(meta);
    return li;
  };
  const draw = (row) => {
    const known = drawn.get(row.id);
    const stay = nearEnd();
    if (known && later(row.seq, known.row.seq) <= 0) return;
    const li = built(row);
    const waiting = row.client_id && shown.get(row.client_id);
    drawn.set(row.id, { row, li });
    if (known) {
      const held = known.li.contains(document.activeElement);
      known.li.replaceWith(li);
      if (held) { li.tabIndex = -1; li.focus(); }
    } else {
      if (waiting) { waiting.remove(); shown.delete(row.client_id); }
      let next = log.lastElementChild;
      while (next && (!next.dataset.id || later(next.dataset.id, row.id) > 0)) next = next.previousElementSibling;
      if (next) next.after(li); else log.prepend(li);
      if (oldest === null || later(row.id, oldest) < 0) oldest = row.id;
      if (row.direction === 'out') announce(stay);
    }
    if (stay || row.direction === 'in') toEnd();
    // A long answer (the receipt) is read from its top: its code and its hour stand there.
    if (stay && row.direction === 'out' && li.offsetHeight > scroll.clientHeight) li.scrollIntoView({ block: 'start' });
  };
  let unread = 0;
  const announce = (seen) => {
    if (loading) return;
    below.hidden = seen;
    if (document.hidden) document.title = `(${++unread}) ${title}`;
  };

  // ---- sending: one after another, each under its own id, until it is acknowledged ----
  const queue = [];
  const shown = new Map();
  let busy = false;
  let failures = 0;
  let timer = 0;

  const enqueue = (item, attached) => {
    Object.assign(item, { client_id: newId(), at: new Date().toISOString() });
    if (attached && attached.length) {
      files.set(item.client_id, attached);
      item.files = attached.map((f) => ({ name: f.name, size: f.size }));
      shelf('readwrite', (s) => s.put(attached, item.client_id));
    }
    keep(mine + item.client_id, JSON.stringify(item));
    queue.push(item);
    showWaiting(item);
    toEnd();
    work();
  };
  const showWaiting = (item) => {
    if (item.kind !== 'message') return;
    const state = item.error || say(failures ? 'unsent' : 'sending');
    const row = { direction: 'in', kind: 'message', text: item.text, files: [], buttons: [], at: item.at, reply_to: item.reply_to, state };
    const li = built(row);
    li.classList.add(item.error ? 'failed' : 'pending');
    (item.files || []).forEach((f) => li.firstChild.append(el('span', { className: 'doc', textContent: say('file', f) })));
    if (item.error) {
      const again = el('button', { type: 'button', textContent: say('retry_edit') });
      const drop = el('button', { type: 'button', textContent: say('discard') });
      again.onclick = async () => { const back = await filesOf(item); done(item); takeBack(item, back); };
      drop.onclick = () => done(item);
      li.lastChild.append(again, drop);
    }
    const before = shown.get(item.client_id);
    if (before) before.replaceWith(li); else log.append(li);
    shown.set(item.client_id, li);
  };
  const takeBack = (item, back) => {
    box.value = box.value ? `${box.value}\n${item.text}` : item.text;
    (back || []).forEach((f) => picked.push(f));
    showPicked();
    keepDraft();
    box.focus();
  };
  const done = (item) => {
    const at = queue.indexOf(item);
    if (at >= 0) queue.splice(at, 1);
    const li = shown.get(item.client_id);
    if (li) { li.remove(); shown.delete(item.client_id); }
    forget(mine + item.client_id);
    if (item.files) { files.delete(item.client_id); shelf('readwrite', (s) => s.delete(item.client_id)); }
  };
  const request = (path, options, seconds) => {
    const stop = window.AbortController && new AbortController();
    const bell = setTimeout(() => stop && stop.abort(), seconds * 1000);
    const all = Object.assign({ credentials: 'same-origin', signal: stop && stop.signal }, options);
    all.headers = Object.assign({ 'X-Hotline-Chat': chat }, options.headers);
    return fetch(base + path, all).then(async (answer) => {
      const found = await answer.json().catch(() => ({}));
      return { status: answer.status, found, wait: +answer.headers.get('Retry-After') || 0 };
    }).finally(() => clearTimeout(bell));
  };
  const asJson = (path, body) =>
    request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }, 30);
  const deliver = async (item) => {
    if (item.kind === 'start') return asJson('/start', { gate: data.gate });
    if (item.kind === 'press') return asJson('/presses', { client_id: item.client_id, payload: item.payload, message_id: item.message_id });
    const body = new FormData();
    body.append('client_id', item.client_id);
    body.append('text', item.text);
    if (item.reply_to) body.append('reply_to', item.reply_to);
    let bytes = 0;
    if (item.files) {
      const attached = await filesOf(item);
      if (!attached) return { status: 410, found: { error: say('files_lost') } };
      attached.forEach((f) => { body.append('files', f, f.name); bytes += f.size; });
    }
    // Patience for 4 kB a second: a slow line that still moves must not be cut.
    return request('/messages', { method: 'POST', body }, 30 + bytes / 4000);
  };
  const work = async () => {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    for (let item = queue.find((i) => !i.error); item; item = queue.find((i) => !i.error)) {
      let answer;
      try { answer = await deliver(item); } catch (e) { answer = { status: 0, found: {}, wait: 0 }; }
      if (answer.status === 200) {
        failures = 0;
        reached(true);
        tell('');
        if (answer.found.row) draw(answer.found.row);
        if (item.kind === 'press') setTimeout(() => release(item), 1500);
        done(item);
      } else if (answer.status === 0 || answer.status === 429 || answer.status >= 500) {
        failures += 1;
        if (answer.status === 0) reached(false); else tell(answer.found.error || '');
        queue.forEach(showWaiting);
        timer = setTimeout(work, 1000 * (answer.wait || Math.min(30, 2 ** failures)));
        break;
      } else if (item.kind === 'message') {
        item.error = answer.found.error || say('unsent');
        keep(mine + item.client_id, JSON.stringify(item));
        showWaiting(item);
      } else {
        done(item);
        release(item);
        tell(answer.found.error || '');
      }
    }
    busy = false;
  };
  const release = (item) => {
    const card = drawn.get(item.message_id);
    if (card) card.li.querySelectorAll('.buttons button').forEach((b) => { b.disabled = false; });
  };

  // ---- listening: a stream with resume; asking every few seconds where streams are blocked ----
  let seen = '0';
  let source = null;
  let heard = 0;
  let tried = 0;
  let loading = true;
  let ended = false;
  let farewell = ''; // why it ended; whatever else has to be told, this comes back

  const alive = () => { heard = Date.now(); reached(true); };
  const reached = (yes) => {
    status.hidden = yes || ended;
    if (!yes) status.textContent = say(navigator.onLine === false ? 'offline' : 'connection');
  };
  const ask = (query) => request(`/history?chat=${chat}${query}`, {}, 30);
  const endedBy = (answer) => {
    const ends = answer.status === 409 || answer.status === 401;
    if (ends) over(answer.found.error || say('error.signed_out'));
    return ends;
  };
  const take = (answer) => {
    if (endedBy(answer)) return false;
    if (answer.status !== 200) throw new Error('not now');
    if (answer.found.reset) location.reload();
    answer.found.rows.forEach(draw);
    if (later(answer.found.seq, seen) > 0) seen = answer.found.seq;
    reached(true);
    return true;
  };
  const begin = async () => {
    try {
      const answer = await ask('');
      if (!take(answer)) return;
      older.hidden = !answer.found.older;
      loading = false;
      log.setAttribute('aria-live', 'polite');
      toEnd();
      listen();
      setInterval(watch, 4000);
    } catch (e) {
      reached(false);
      setTimeout(begin, 3000);
    }
  };
  const listen = () => {
    tried = Date.now();
    if (!window.EventSource || ended) return;
    if (source) source.close();
    source = new EventSource(`${base}/stream?chat=${chat}&after=${seen}`);
    source.onopen = alive;
    // Refused, not interrupted: the browser gives up without a word, so ask at once for the reason.
    source.onerror = () => { if (source && source.readyState === 2) watch(); };
    source.addEventListener('beat', alive);
    source.addEventListener('row', (event) => { seen = event.lastEventId; alive(); draw(JSON.parse(event.data)); });
    source.addEventListener('reset', () => location.reload());
    source.addEventListener('gone', () => over(say('error.signed_out')));
    // Another page of ours took the connection: ask for a while instead.
    source.addEventListener('poll', () => { source.close(); source = null; heard = 0; tried = Date.now() + 40000; });
  };
  const watch = async () => {
    if (ended || Date.now() - heard < 30000 && source && source.readyState === 1) return;
    try { if (take(await ask(`&after=${seen}`)) && !document.hidden && Date.now() - tried > 20000) listen(); } catch (e) { reached(false); }
  };
  const over = (sentence) => {
    ended = true;
    farewell = sentence;
    if (source) source.close();
    reached(true);
    tell(sentence);
  };
  older.onclick = async () => {
    older.disabled = true;
    try {
      const answer = await ask(`&before=${oldest}`);
      if (endedBy(answer)) return;
      const height = scroll.scrollHeight - scroll.scrollTop;
      loading = true;
      answer.found.rows.slice().reverse().forEach(draw);
      scroll.scrollTop = scroll.scrollHeight - height;
      older.hidden = !answer.found.older;
    } catch (e) { reached(false); }
    loading = false;
    older.disabled = false;
  };

  // ---- writing ----
  const picked = [];
  let reply = null;

  const tell = (sentence) => { problem.textContent = sentence || farewell; problem.hidden = !problem.textContent; };
  const grow = () => { box.style.height = 'auto'; box.style.height = `${box.scrollHeight + 2}px`; };
  const keepDraft = () => { if (box.value) keep(draftKey, box.value); else forget(draftKey); grow(); };
  const citing = (row) => {
    reply = row && row.id;
    quote.hidden = !row;
    if (row) { quote.querySelector('q').textContent = row.text.split('\n')[0].slice(0, 120); box.focus(); }
  };
  const pick = (list) => {
    tell('');
    Array.from(list).forEach((file) => {
      if (file.size > limits.file) tell(say('error.file_too_large', { name: file.name, megabytes: limits.file / 1048576 }));
      else if (picked.length >= limits.files) tell(say('error.too_many_files', { most: limits.files }));
      else picked.push(file);
    });
    showPicked();
  };
  const showPicked = () => {
    const stay = nearEnd();
    chosen.replaceChildren ? chosen.replaceChildren() : (chosen.textContent = '');
    picked.forEach((file) => {
      const li = el('li', {});
      if (file.type.startsWith('image/')) {
        const picture = el('img', { alt: '', src: URL.createObjectURL(file) });
        picture.onload = () => URL.revokeObjectURL(picture.src);
        li.append(picture);
      }
      const drop = el('button', { type: 'button', textContent: '×' });
      drop.setAttribute('aria-label', say('remove', file));
      drop.onclick = () => { picked.splice(picked.indexOf(file), 1); showPicked(); };
      li.append(el('span', { textContent: file.name }), drop);
      chosen.append(li);
    });
    chosen.hidden = !picked.length;
    if (stay) toEnd();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = box.value;
    if (!text.trim() && !picked.length) return tell(say('error.empty'));
    if (new Blob([text]).size > limits.text) return tell(say('error.too_long', { kilobytes: limits.text / 1024 }));
    tell('');
    enqueue({ kind: 'message', text, reply_to: reply }, picked.splice(0));
    box.value = '';
    keepDraft();
    showPicked();
    citing(null);
    box.focus();
  };
  box.oninput = () => { keepDraft(); tell(''); };
  box.onkeydown = (event) => {
    // 229: a Vietnamese or Chinese keyboard is still composing; its Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (!matchMedia('(pointer: fine)').matches) return;
    event.preventDefault();
    form.onsubmit(event);
  };
  box.onpaste = (event) => { if (event.clipboardData.files.length) { event.preventDefault(); pick(event.clipboardData.files); } };
  scroll.ondragover = (event) => event.preventDefault();
  scroll.ondrop = (event) => { event.preventDefault(); pick(event.dataTransfer.files); };
  input.onchange = () => { pick(input.files); input.value = ''; };
  quote.querySelector('button').onclick = () => citing(null);
  below.onclick = toEnd;
  scroll.onscroll = () => { if (nearEnd()) below.hidden = true; };

  const menuButton = $('menu-button');
  const menu = (open) => {
    document.body.classList.toggle('menu-open', open);
    menuButton.setAttribute('aria-expanded', String(open));
  };
  menuButton.onclick = () => menu(!document.body.classList.contains('menu-open'));
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') menu(false); });
  document.querySelectorAll('[data-command]').forEach((button) => {
    button.onclick = () => { menu(false); enqueue({ kind: 'message', text: button.dataset.command }); };
  });
  addEventListener('online', () => { work(); watch(); });
  addEventListener('offline', () => reached(false));
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    unread = 0;
    document.title = title;
    work();
    watch();
  });

  log.setAttribute('aria-live', 'off');
  box.value = recall(draftKey) || '';
  grow();
  if (base === '/chat') queue.push({ kind: 'start' });
  kept().forEach((item) => { queue.push(item); showWaiting(item); });
  begin().then(work);
})();
