-- Grain: account that is a natural person: of a sole trader's size, or with its name taken away because
-- it was a person's, in the record of any source. Source: docs/decisions/0113.
select distinct account_key
from {{ ref('stg_accounts') }}
where account_key is not null and {{ is_natural_account('size_class', 'name') }}
