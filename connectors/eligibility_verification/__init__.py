"""Online eligibility verification (オンライン資格確認等システム)."""
