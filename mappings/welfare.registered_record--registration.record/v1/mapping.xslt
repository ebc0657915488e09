<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.registered_record:v1" xmlns="urn:renkei:registration.record:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:record">
    <record>
      <reception_number><xsl:value-of select="i:reception_number"/></reception_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <record_version><xsl:value-of select="i:record_version"/></record_version>
      <registered_at><xsl:value-of select="i:registered_at"/></registered_at>
      <applicant_name><xsl:value-of select="i:applicant_name"/></applicant_name>
      <child_name><xsl:value-of select="i:child_name"/></child_name>
      <child_name_kana><xsl:value-of select="i:child_name_kana"/></child_name_kana>
      <child_birth_date><xsl:value-of select="i:child_birth_date"/></child_birth_date>
      <child_address><xsl:value-of select="i:child_address"/></child_address>
      <health_insurer_number><xsl:value-of select="i:health_insurer_number"/></health_insurer_number>
      <insured_mark><xsl:value-of select="i:insured_mark"/></insured_mark>
    </record>
  </xsl:template>
</xsl:stylesheet>
