/* What is clicked, typed and pressed goes to the server through trigger(); what comes back is shown and scrolled to.
   Runs once, when the page is there. */
const find = (selector) => document.querySelector(selector);
const body = document.body;
const narrow = window.matchMedia('(max-width: 900px)');
const kept = {
    get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* private windows keep nothing */ } },
};
let editing = null;
let sent = null;
let opener = null;
let clicks = 0;
let soughtLater = null;
const unfolded = new Map();

/* Light and dark */
if (kept.get('rag-theme')) body.classList.toggle('dark', kept.get('rag-theme') === 'dark');
function switchTheme() {
    body.classList.toggle('dark');
    kept.set('rag-theme', body.classList.contains('dark') ? 'dark' : 'light');
}

/* Asking */
const box = () => find('#rag-composer textarea');
/* From the click on, and not only once the page is drawn anew: what is asked meanwhile would be lost */
const LONGEST_START = 10000;
let asks = 0, awaited = '', since = 0;
const isBegun = () => awaited !== '' && performance.now() < since + LONGEST_START;
const pending = () => find('.rag-turn[data-state="pending"]');
const isPending = () => pending() !== null;
const busy = () => isPending() || isBegun();
function begin(event, data) {
    asks += 1;
    ended = null;
    awaited = String(asks);
    since = performance.now();
    setTimeout(drawn, LONGEST_START + 50);
    body.toggleAttribute('data-busy', true);
    trigger(event, {...data, serial: awaited});
}
/* What is drawn of a question may be under way when it is stopped or cleared, and come after what was drawn of that */
const LONGEST_WAY = 500, MOST_ENDS = 3;
let ended = null, endAgainLater = null;
function end(event, data) {
    ended = {event, serial: awaited || pending()?.dataset.serial, again: 0};
    awaited = '';
    trigger(event, data);
}
function endAgain() {
    const last = [...document.querySelectorAll('.rag-turn')].at(-1)?.dataset;
    if (!last || last.serial !== ended?.serial || ended.again === MOST_ENDS) return;
    if (last.state !== 'pending' && ended.event === 'stop') return;
    ended.again += 1;
    trigger(ended.event, {});
}
function fit(area) {
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, 180)}px`;
}
function edit(turn, question) {
    editing = turn;
    find('.rag-editing').hidden = turn === null;
    box().value = question;
    fit(box());
    box().focus();
}
function ask(question) {
    if (!question.trim() || busy()) return;
    narrowNow();
    sent = {question, turn: editing};
    begin('ask', sent);
    edit(null, '');
    find('.rag-full').hidden = true;
    delete body.dataset.full;
    unfolded.set('narrow', false);
    find('.rag-narrow').open = false;
}
function retry(data) {
    sent = null;
    begin('retry', data);
}
/* A question that the server had no room for comes back, to be asked again */
function refused() {
    awaited = '';
    drawn();
    if (!sent || busy() || box().value) return;
    edit(null, sent.question);
    sent = null;
    find('.rag-full').hidden = false;
    body.dataset.full = '';
}
document.addEventListener('submit', (event) => {
    event.preventDefault();
    if (event.target.id === 'rag-composer') ask(box().value);
    if (event.target.matches('.rag-word') && !busy()) {
        trigger('rate', {...event.target.dataset, word: event.target.querySelector('input').value});
    }
});
/* Whether a key belongs to the composition of a word; Safari tells the last one by its code alone */
const composes = (event) => event.isComposing || event.keyCode === 229;
document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target === box() && !event.shiftKey && !composes(event)) {
        event.preventDefault();
        ask(box().value);
    } else if (event.key === 'Escape' && body.dataset.source) {
        close();
    } else if (event.key === 'Escape' && editing !== null) {
        edit(null, '');
    }
});
document.addEventListener('input', (event) => {
    if (event.target === box()) fit(box());
    if (event.target.matches('[name="threshold"]')) event.target.closest('label').querySelector('output').value = event.target.value;
    if (event.target.matches('[data-find]')) {
        clearTimeout(soughtLater);
        soughtLater = setTimeout(() => trigger('browse', {text: event.target.value, number: '1'}), 250);
    }
});

/* Narrowing: the whole form is handed in whenever something in it changes */
function form(added) {
    const values = {category: [], author: [], source: [], collection: []};
    for (const field of find('#rag-form').elements) {
        if (field.name in values && field.checked) values[field.name].push(field.value);
        else if (field.name === 'newest') values.newest = field.checked;
        else if (field.name && !(field.name in values)) values[field.name] = field.value;
    }
    if (added) values[added.dataset.add].push(added.value);
    return values;
}
/* Two changes in one moment are one: a date is handed in by the same click that sets what was clicked */
let changes = 0, handIn = null, handInLater = null;
function narrowBy(values) {
    changes += 1;
    handIn = {form: values, serial: String(changes)};
    clearTimeout(handInLater);
    handInLater = setTimeout(narrowNow, 30);
}
function narrowNow() {
    clearTimeout(handInLater);
    if (handIn) trigger('narrow', handIn);
    handIn = null;
}
function turnOff(name, value) {
    for (const field of find('#rag-form').elements) {
        if (field.name !== name || (field.type === 'checkbox' && name !== 'newest' && field.value !== value)) continue;
        if (field.type === 'checkbox') field.checked = false;
        else field.value = field.dataset.usual || '';
    }
    narrowBy(form());
}
document.addEventListener('change', (event) => {
    const field = event.target;
    if (!field.closest('#rag-form')) return;
    if (field.dataset.add && !field.value.trim()) return;
    narrowBy(form(field.dataset.add ? field : null));
    if (field.dataset.add) field.value = '';
});

/* The article beside the chat; over it, on a narrow screen */
function show() {
    if (!body.dataset.source) history.pushState({source: true}, '');  // so that Back closes it
    body.dataset.source = 'open';
    const covered = narrow.matches;
    for (const part of [find('#rag-talk'), find('#rag-header'), find('#rag-collection')]) part.inert = covered;
    const pane = find('#rag-source');
    pane.setAttribute('role', covered ? 'dialog' : 'complementary');
    pane.setAttribute('aria-labelledby', 'rag-title');
    pane.toggleAttribute('aria-modal', covered);
    const scroll = find('#rag-source .rag-scroll'), mark = find('#rag-cited');
    if (!scroll) return;
    scroll.scrollTop = 0;
    const below = mark ? mark.getBoundingClientRect().top - scroll.getBoundingClientRect().top : 0;
    if (below > scroll.clientHeight * 0.6) scroll.scrollTop = below - scroll.clientHeight / 3;
    find('#rag-source .rag-title').focus({preventScroll: true});
}
function close() {
    if (!body.dataset.source) return;
    if (history.state?.source) history.back();  // which hides it, too
    else hide();
}
window.addEventListener('popstate', () => { if (body.dataset.source) hide(); drawn(); });
function hide() {
    delete body.dataset.source;
    for (const part of [find('#rag-talk'), find('#rag-header'), find('#rag-collection')]) part.inert = false;
    const back = opener && document.querySelector(opener);
    (back || box()).focus({preventScroll: true});
}
function open(what, start) {
    clicks += 1;
    trigger('open', {what, start: start || '', serial: String(clicks)});
    showOnceThere(clicks, performance.now() + 10000);
}
function showOnceThere(serial, latest) {
    const there = find('#rag-source .rag-scroll')?.dataset.opened === String(serial);
    if (there) show();
    else if (clicks === serial && performance.now() < latest) setTimeout(() => showOnceThere(serial, latest), 30);
}
narrow.addEventListener('change', () => body.dataset.source && show());

/* Copying works without https too */
async function copy(button, text) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        const area = Object.assign(document.createElement('textarea'), {value: text});
        body.append(area);
        area.select();
        document.execCommand('copy');
        area.remove();
    }
    const {done} = button.dataset, label = button.textContent;
    if (label === done) return;
    button.textContent = done;
    setTimeout(() => { if (button.textContent === done) button.textContent = label; }, 1500);
}

const actions = {
    ask: (data) => ask(data.question),
    edit: (data) => edit(data.turn, data.question),
    cancel: () => edit(null, ''),
    retry: () => busy() || retry({}),
    alone: () => busy() || retry({alone: 'yes'}),
    anytime: () => busy() || retry({anytime: 'yes'}),
    days: (data) => {
        if (busy()) return;
        for (const name of ['since', 'until']) find(`#rag-form [name="${name}"]`).value = data[name];
        narrowBy(form());
        narrowNow();
        retry({since: data.since, until: data.until});
    },
    stop: () => {
        end('stop', sent ? {...sent, serial: awaited} : {});
        sent = null;
    },
    clear: () => {
        unfolded.clear();
        delete body.dataset.view;
        if (body.dataset.source) close();
        edit(null, '');
        end('clear', {});
    },
    copy: (data, button) => copy(button, data.text),
    close,
    off: (data) => turnOff(data.field, data.value),
    'narrow-to': (data) => { narrowBy({category: [data.category]}); box().focus(); },
    'clear-filters': () => narrowBy({}),
    reindex: (data) => trigger('reindex', {replace: data.replace}),
    export: () => trigger('export', {}),
    survey: (data) => busy() || begin('survey', {turn: data.turn, order: data.order || '', shown: data.shown || ''}),
    'survey-file': (data) => trigger('file', {turn: data.turn, form: data.form}),
    thumb: (data) => busy() || trigger('rate', {place: data.place, thumb: data.thumb}),
    link: (data, button) => copy(button, location.origin + location.pathname + data.link),
    collection: () => { body.dataset.view = 'collection'; },
    chat: () => { delete body.dataset.view; },
    theme: switchTheme,
    language: (data) => {
        document.cookie = `rag-language=${data.language}; path=/; max-age=31536000; SameSite=Strict`;
        trigger('speak', {language: data.language});
    },
};
document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href*="#"]:not([target])');  // one with a target leads to the original page
    const [, kind, name] = link?.getAttribute('href').match(/#(cite|report|article|list)-(.*)$/) || [];
    const button = event.target.closest('[data-do]');
    const summary = event.target.closest('summary');
    if (kind === 'list') {
        event.preventDefault();
        trigger('browse', {text: find('[data-find]').value, number: name});
    } else if (kind) {
        event.preventDefault();
        if (!link.closest('#rag-source')) opener = `#rag-main a[href$="#${kind}-${CSS.escape(name)}"]`;
        open(`${kind}:${decodeURIComponent(name)}`, link.dataset.start);
    } else if (button) {
        actions[button.dataset.do](button.dataset, button);
    } else if (summary && summary.parentElement.dataset.key) {
        event.preventDefault();  // what is drawn just now must find it noted
        const fold = summary.parentElement;
        fold.open = !fold.open;
        unfolded.set(fold.dataset.key, fold.open);
    }
});

/* What was drawn anew: folds stay as they were, boxes show what is set, the newest question comes into view */
new MutationObserver((_, observer) => {
    if (!box()) return;
    observer.disconnect();
    if (!narrow.matches) box().focus();
}).observe(find('#rag-composer-part'), {childList: true, subtree: true});
let turns = 0;
let started = false;
function drawn() {
    for (const fold of document.querySelectorAll('details[data-key]')) {
        if (unfolded.has(fold.dataset.key)) fold.open = unfolded.get(fold.dataset.key);
    }
    const language = find('.rag-header')?.dataset.language;
    if (language) document.documentElement.lang = language;
    const shown = document.querySelectorAll('.rag-turn');
    if (shown.length && shown[shown.length - 1].dataset.serial === awaited) awaited = '';
    body.toggleAttribute('data-busy', busy());
    body.toggleAttribute('data-turns', find('.rag-turn') !== null);
    if (isPending()) sent = null;
    clearTimeout(endAgainLater);
    if (ended) endAgainLater = setTimeout(endAgain, LONGEST_WAY);
    if (shown.length > turns) shown[shown.length - 1].scrollIntoView({block: 'start'});
    turns = shown.length;
    const link = shown.length ? shown[shown.length - 1].dataset.link : '';
    if (link || (!turns && started)) history.replaceState(history.state, '', link || location.pathname);
    started ||= turns > 0;
}
function formDrawn(records) {
    const serial = find('#rag-form')?.dataset.serial;
    const isLatest = !serial || serial === String(changes);
    if (!isLatest || !records.some((record) => find('#rag-form')?.contains(record.target))) return drawn();
    for (const field of document.querySelectorAll('#rag-form [type="checkbox"]')) {
        field.checked = field.hasAttribute('checked');
    }
    drawn();
}
new MutationObserver(() => find('.toast-wrap .error') && refused()).observe(find('.toast-wrap') || body, {childList: true, subtree: true});
function watchFor(part, then, attributeFilter) {
    new MutationObserver(then).observe(find(part), {childList: true, subtree: true, characterData: true, attributeFilter});
}
const MARKS = ['data-state', 'data-language', 'data-opened', 'data-link'];
for (const part of ['#rag-header', '#rag-chat', '#rag-source', '#rag-collection']) watchFor(part, drawn, MARKS);
watchFor('#rag-form-part', formDrawn, ['checked', 'data-serial']);
drawn();
